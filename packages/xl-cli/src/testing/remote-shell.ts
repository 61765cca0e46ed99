import { chmodSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeIdentity, isRunning } from '../../../libxl/src/device-model/process/identity.js';
import { XL, type XlHost } from './xl-process.js';

/**
 * What `-s` is given to reach another embedded host of this machine as ssh would reach another machine: runs xl there. Its
 * connections can be cut.
 */
export class RemoteShell {
  readonly command: string;
  /** Of each connection that there was: its process, by number and start (libxl's process identities). */
  private readonly connections: string;
  private readonly down: string;

  constructor(here: XlHost, there: XlHost) {
    const base = join(here.files, `to-${Math.random().toString(36).slice(2)}`);
    this.command = `${base}.sh`;
    this.connections = `${base}.connections`;
    this.down = `${base}.down`;
    const script = [
      '#!/bin/sh',
      `[ -e '${this.down}' ] && exit 255`,
      // The number of a process that has ended is given away again; field 22 is when it started. (xl takes its place below.)
      `echo "$$ $(cut -d' ' -f22 /proc/$$/stat)" >> '${this.connections}'`,
      // HOST xl ARGUMENTS
      'shift 2',
      `${settingsOf(there)} exec '${process.execPath}' '${XL}' "$@"`,
      '',
    ];
    writeFileSync(this.command, script.join('\n'));
    chmodSync(this.command, 0o700);
  }

  /** Ends every connection that is there. @returns how many there were */
  cut(): number {
    if (!existsSync(this.connections)) return 0;
    // One that comes meanwhile begins another list.
    const taken = `${this.connections}.cut`;
    renameSync(this.connections, taken);
    const lines = readFileSync(taken, 'utf8').trim().split('\n');
    return lines.filter(killed).length;
  }

  /** New connections are refused, or possible again. */
  setDown(down: boolean): void {
    if (down) writeFileSync(this.down, '');
    else rmSync(this.down, { force: true });
  }
}

/** Whichever command comes first starts the host. */
function settingsOf({ env }: XlHost): string {
  const settings = Object.entries(env).filter(([name]) => name.startsWith('XEN_EMBEDDED_'));
  return settings.map(([name, value]) => `${name}='${value}'`).join(' ');
}

function killed(line: string): boolean {
  const connection = decodeIdentity(line);
  if (connection === undefined || !isRunning(connection)) return false;
  try {
    return process.kill(connection.pid, 'SIGKILL');
  } catch {
    return false;
  }
}
