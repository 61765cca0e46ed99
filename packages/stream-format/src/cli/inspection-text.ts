import type { Inspection } from '../analyse/inspect.js';
import { type InspectionTable, inspectionHeadline, inspectionTables } from '../analyse/inspection-tables.js';
import { printable, table, wrap } from './text.js';

const WIDTH = 120;

/** What `xen-stream inspect` shows. */
export function inspectionText(inspection: Inspection): string {
  const tables = inspectionTables(inspection).flatMap((one) => ['', one.title, ...tableText(one)]);
  return [inspectionHeadline(inspection), ...tables, ''].join('\n');
}

function tableText({ headings, rows, notes }: InspectionTable): string[] {
  const lines = headings.length > 0 ? table(headings, rows) : pairs(rows);
  return [...lines, ...notes.flatMap((note) => wrap(printable(note), WIDTH - 2).map((line) => `  ${line}`))];
}

function pairs(rows: readonly (readonly string[])[]): string[] {
  const shown = rows.map((row) => row.map(printable));
  const width = Math.max(0, ...shown.map(([term = '']) => term.length));
  return shown.flatMap(([term = '', value = '']) => {
    const [first = '', ...rest] = wrap(value, Math.max(WIDTH - width - 4, 40));
    return [`  ${term.padEnd(width)}  ${first}`, ...rest.map((line) => `  ${''.padEnd(width)}  ${line}`)];
  });
}
