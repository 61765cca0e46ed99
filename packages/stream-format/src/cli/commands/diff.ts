import { type Comparison, compareGuests } from '../../analyse/compare.js';
import type { PageRun } from '../../analyse/compare-pages.js';
import { readGuest } from '../../analyse/guest.js';
import { count, hex } from '../../analyse/numbers.js';
import { UsageError } from '../arguments.js';
import { defineCommand, JSON_OPTION, streamOperand } from '../command.js';
import { withInput } from '../files.js';
import { json } from '../json.js';
import { table } from '../text.js';

/** Lines of each kind that are shown to people. */
const SHOWN = 100;

export const diff = defineCommand({
  name: 'diff',
  summary: 'Says in what the guests of two streams differ',
  description: [
    'Compares what a restored guest would have: its pages at the end of the streams, registers of its vcpus, the ' +
      'state of its devices, its config and policies. How often a page was sent does not matter.',
    'What belongs to the host and not to the guest (mfns, clocks, event channels, domids) is left out; docs/diff.md ' +
      'has the whole list. Page tables of PV guests hold pfns in a stream, and are compared as they stand there.',
  ],
  operands: [streamOperand('LEFT'), streamOperand('RIGHT')],
  options: JSON_OPTION,
  exitCodes: {
    0: 'the guests are the same, but for what is bound to a host',
    1: 'the guests differ',
    2: 'a stream could not be read, or the command was wrong',
  },
  badStream: 2,
  async run([left = '-', right = '-'], options, terminal) {
    if (left === '-' && right === '-') throw new UsageError('only one of the two can be the standard input');
    const ours = await withInput(left, readGuest);
    const theirs = await withInput(right, readGuest);
    const comparison = compareGuests(ours, theirs);
    await terminal.out(options.json ? json({ left, right, ...comparison }) : diffText(comparison));
    return comparison.same ? 0 : 1;
  },
});

function diffText({ same, fields, fieldCount, pages, hostBound, notCompared }: Comparison): string {
  const leftOut = Object.entries(hostBound).map(([rule, n]) => `${rule} ${n}`);
  const verdict = same
    ? `the guests are the same: ${count(pages.compared, 'page')} compared`
    : `the guests differ: ${count(pages.count, 'page')} of ${pages.compared}, ${count(fieldCount, 'field')}`;
  return [
    verdict,
    ...section('pages', pages.runs.map(runCells), ['pfns', '>pages', 'what', 'left', 'right']),
    ...section(
      'fields',
      fields.map(({ section: name, path, left, right }) => [
        [name, ...path].join(' '),
        left ?? '(none)',
        right ?? '(none)',
      ]),
      ['field', 'left', 'right'],
    ),
    ...notCompared.map(({ section: name, why }) => `not compared: ${name} (${why})`),
    ...(leftOut.length > 0 ? [`different, but bound to the host: ${leftOut.join(', ')}`] : []),
    '',
  ].join('\n');
}

function section(title: string, rows: readonly string[][], headings: readonly string[]): string[] {
  if (rows.length === 0) return [];
  const more = rows.length > SHOWN ? [`  ... and ${rows.length - SHOWN} more; --json lists them`] : [];
  return ['', title, ...table(headings, rows.slice(0, SHOWN)), ...more, ''];
}

function runCells({ start, count: n, difference, left, right }: PageRun): string[] {
  const pfns = n === 1 ? hex(start) : `${hex(start)}-${hex(start + n - 1)}`;
  return [pfns, String(n), difference, left ?? '', right ?? ''];
}
