import { readFileSync } from 'node:fs';

/** A process by more than its number, which is given away again once it has ended. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in ticks since the machine's boot; undefined where there is no /proc. */
  readonly started: string | undefined;
}

export function identityOf(pid: number): ProcessIdentity {
  return { pid, started: statOf(pid)?.started };
}

/** Whether that very process runs. One that has ended and was not waited for yet does not. */
export function isRunning({ pid, started }: ProcessIdentity): boolean {
  const stat = statOf(pid);
  if (stat !== undefined) return stat.started === started && stat.state !== 'Z' && stat.state !== 'X';
  return started === undefined && isThere(pid);
}

export function encodeIdentity({ pid, started = '' }: ProcessIdentity): string {
  return `${pid} ${started}\n`;
}

/** Undefined where the text is none. */
export function decodeIdentity(text: string): ProcessIdentity | undefined {
  const [pid = '', started = ''] = text.trim().split(' ');
  if (!/^[1-9]\d*$/.test(pid)) return undefined;
  return { pid: Number(pid), started: started === '' ? undefined : started };
}

/** proc(5): the name in parentheses may hold anything; state is field 3, the start time field 22. */
function statOf(pid: number): { state: string; started: string } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0] ?? '', started: fields[19] ?? '' };
  } catch {
    return undefined;
  }
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
