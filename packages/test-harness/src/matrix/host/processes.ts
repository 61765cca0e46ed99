import { readdirSync, readFileSync } from 'node:fs';

/** A process that belongs to an embedded host. */
export interface HostProcess {
  readonly pid: number;
  readonly what: 'daemon' | 'device model' | 'guardian' | 'monitor' | 'other';
  readonly command: string;
}

/** All processes of this user that work on the host of that directory. */
export function processesOf(directory: string): HostProcess[] {
  return findProcesses(
    (command, environment) =>
      command.includes(`${directory}/`) || environment().includes(`XEN_EMBEDDED_DIR=${directory}`),
  );
}

/** All processes of this user that were started with that in their environment (`NAME=value`), by whatever way. */
export function processesWith(variable: string): HostProcess[] {
  return findProcesses((_command, environment) => environment().includes(variable));
}

function findProcesses(isOne: (command: string, environment: () => string[]) => boolean): HostProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name): HostProcess[] => {
      const command = readProc(name, 'cmdline').replaceAll('\0', ' ').trim();
      if (command === '' || !isOne(command, () => readProc(name, 'environ').split('\0'))) return [];
      return [{ pid: Number(name), what: kindOf(command), command }];
    });
}

function kindOf(command: string): HostProcess['what'] {
  if (/\/embedded\/daemon\//.test(command)) return 'daemon';
  if (/qemu/.test(command)) return 'device model';
  if (/\/guardian\//.test(command)) return 'guardian';
  if (/\/monitor\//.test(command)) return 'monitor';
  return 'other';
}

/** Empty where the process is gone or another user's. */
function readProc(pid: string, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'latin1');
  } catch {
    return '';
  }
}

/** Ends processes at once. @returns those that were there to be ended */
export function killAll(processes: readonly HostProcess[]): HostProcess[] {
  return processes.filter(({ pid }) => {
    try {
      return process.kill(pid, 'SIGKILL');
    } catch {
      return false;
    }
  });
}
