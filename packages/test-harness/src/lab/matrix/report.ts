import { CELLS, type Cell, type CellName, type Guest } from './cells.js';

export type CellResult = Cell &
  ({ readonly outcome: 'ok' } | { readonly outcome: 'failed' | 'missing'; readonly why: string });

export interface Figure {
  /** A guest, or 'host'. */
  readonly guest: string;
  readonly name: string;
  readonly seconds: number;
}

export interface MatrixReport {
  readonly results: readonly CellResult[];
  readonly figures: readonly Figure[];
}

/** What the script in dom0 printed, against what it was to do: a cell that it says nothing of is missing. */
export function readReport(planned: readonly Cell[], output: string): MatrixReport {
  const figures: Figure[] = [];
  const said = new Map<string, string>();
  for (const line of output.split('\n')) {
    const [tag, guest = '', name = '', ...rest] = line.trim().split(' ');
    if (tag === '@figure') figures.push({ guest, name, seconds: Number(rest[0]) });
    if (tag === '@cell') said.set(`${guest} ${name}`, rest.join(' '));
  }
  const results = planned.map((cell): CellResult => {
    const text = said.get(`${cell.guest} ${cell.cell}`);
    if (text === 'ok') return { ...cell, outcome: 'ok' };
    if (text === undefined) return { ...cell, outcome: 'missing', why: 'the run ended before it' };
    return { ...cell, outcome: 'failed', why: text.replace(/^failed /, '') };
  });
  return { results, figures };
}

/** For the terminal: guests across, cells down, and the figures below. */
export function formatReport({ results, figures }: MatrixReport): string {
  const guests = [...new Set(results.map(({ guest }) => guest))];
  const cells = [...new Set(results.map(({ cell }) => cell))];
  const width = Math.max(...cells.map((cell) => CELLS[cell].length));
  const mark = (guest: Guest, cell: CellName) => {
    const found = results.find((result) => result.guest === guest && result.cell === cell);
    return found === undefined ? '-' : found.outcome;
  };
  const lines = [
    `${''.padEnd(width)}  ${guests.map((guest) => guest.padEnd(8)).join('')}`,
    ...cells.map((cell) => `${CELLS[cell].padEnd(width)}  ${guests.map((g) => mark(g, cell).padEnd(8)).join('')}`),
    '',
    ...figures.map(({ guest, name, seconds }) => `${guest.padEnd(8)}${name.padEnd(26)}${seconds.toFixed(2)} s`),
    '',
    ...results.flatMap((result) =>
      result.outcome === 'ok' ? [] : [`${result.guest}: ${CELLS[result.cell]}: ${result.outcome}: ${result.why}`],
    ),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

/** JUnit's XML, one test case for each cell. */
export function junitOf({ results }: MatrixReport): string {
  const failed = results.filter(({ outcome }) => outcome !== 'ok').length;
  const cases = results.map((result) => {
    const head = `<testcase classname="lab.${result.guest}" name="${escaped(CELLS[result.cell])}"`;
    if (result.outcome === 'ok') return `  ${head}/>`;
    return `  ${head}><failure message="${escaped(result.why)}"/></testcase>`;
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuite name="interoperation" tests="${results.length}" failures="${failed}">`,
    ...cases,
    '</testsuite>',
    '',
  ].join('\n');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
