import { rssAnonMib } from './measure.js';

/** One line of the benchmark's report: a figure of ours beside its peer's, measured in the same run. */
export interface Row {
  readonly what: string;
  readonly size: string;
  readonly ours: string;
  readonly peer: string;
  readonly ratio: string;
  readonly goal: string;
  readonly met: boolean | undefined;
}

const columns = ['what', 'size', 'ours', 'peer', 'ratio', 'goal'] as const;

export function formatTable(rows: readonly Row[]): string {
  const lines = [Object.fromEntries(columns.map((c) => [c, c])) as Record<(typeof columns)[number], string>, ...rows];
  const width = (c: (typeof columns)[number]) => Math.max(...lines.map((l) => l[c].length));
  return lines
    .map((line, i) => {
      const cells = columns.map((c) => line[c].padEnd(width(c))).join('  ');
      if (i === 0) return `${cells}  met`;
      const met = rows[i - 1]?.met;
      return `${cells}  ${met === undefined ? '-' : met ? 'yes' : 'NO'}`;
    })
    .join('\n');
}

/** A size that was left out, and why. */
export function skippedRow(what: string, sizeMib: number, neededMib: number, spareMib: number): Row {
  const why = `skipped: takes ${mib(neededMib)} of memory, ${mib(spareMib)} are free`;
  return { what, size: mib(sizeMib), ours: '-', peer: why, ratio: '-', goal: '', met: undefined };
}

export const seconds = (s: number) => (s < 1 ? `${(s * 1000).toFixed(0)} ms` : `${s.toFixed(2)} s`);
export const mib = (m: number) =>
  m >= 1024 ? `${(m / 1024).toFixed(m % 1024 === 0 ? 0 : 1)} GiB` : `${m.toFixed(0)} MiB`;

/** A node process that does nothing has its own share. */
const IDLE_MIB = rssAnonMib(process.pid);
const MEMORY_GOAL_MIB = 64;

/** Private memory at its highest. */
export function memoryRow(what: string, size: string, privateMib: number): Row {
  return {
    what,
    size,
    ours: mib(privateMib),
    peer: `${mib(IDLE_MIB)} (idle node)`,
    ratio: '',
    goal: `< ${MEMORY_GOAL_MIB} MiB, flat`,
    met: privateMib < MEMORY_GOAL_MIB,
  };
}

/** Ours and the peer's time, in seconds, with the goal for their ratio where there is one. */
export function ratioRow(what: string, size: string, ours: number, peer: number, goal?: number): Row {
  const ratio = ours / peer;
  return {
    what,
    size,
    ours: seconds(ours),
    peer: seconds(peer),
    ratio: ratio.toFixed(2),
    goal: goal === undefined ? '' : `<= ${goal}`,
    met: goal === undefined ? undefined : ratio <= goal,
  };
}
