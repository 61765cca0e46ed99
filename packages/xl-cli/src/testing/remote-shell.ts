import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { XL, type XlHost } from './xl-process.js';

/**
 * What `-s` is given to reach another embedded host of this machine as ssh would reach another machine: runs xl there. Its
 * connections can be cut.
 */
export class RemoteShell {
  readonly command: string;
  private readonly pids: string;
  private readonly down: string;

  constructor(here: XlHost, there: XlHost) {
    const base = join(here.files, `to-${Math.random().toString(36).slice(2)}`);
    this.command = `${base}.sh`;
    this.pids = `${base}.pids`;
    this.down = `${base}.down`;
    const script = [
      '#!/bin/sh',
      `[ -e '${this.down}' ] && exit 255`,
      `echo $$ >> '${this.pids}'`,
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
    const pids = existsSync(this.pids) ? readFileSync(this.pids, 'utf8').trim().split('\n') : [];
    rmSync(this.pids, { force: true });
    return pids.filter((pid) => pid !== '' && killed(Number(pid))).length;
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

function killed(pid: number): boolean {
  try {
    process.kill(pid, 'SIGKILL');
    return true;
  } catch {
    return false;
  }
}
