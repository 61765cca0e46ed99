import type { Tally } from './tally.js';

/** The figures of a run, as a table in Markdown. */
export function tallyTable(rows: readonly (readonly [target: string, tally: Tally])[]): string {
  const lines = rows.map(([target, { inputs, accepted, refused, failures, seconds }]) => {
    const codes = Object.entries(refused).sort(([, a], [, b]) => b - a);
    const all = codes.reduce((sum, [, times]) => sum + times, 0);
    const speed = seconds > 0 ? Math.round(inputs / seconds) : 0;
    const list = codes.map(([code, times]) => `${code} ${times}`).join(', ');
    return `| ${target} | ${inputs} | ${speed} | ${accepted} | ${all} | ${list} | ${failures} |`;
  });
  const head = [
    '| target | inputs | inputs/s | accepted | refused | by code | failures |',
    '|---|---|---|---|---|---|---|',
  ];
  return `${[...head, ...lines].join('\n')}\n`;
}
