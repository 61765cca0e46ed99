import { join } from 'node:path';
import { type FoundXenTools, xenTools } from '../xen-tools.js';
import { writeLegacySample } from './legacy-sample.js';
import { best, type Run, runOnce } from './measure.js';
import { memoryRow, mib, type Row, ratioRow, seconds } from './table.js';
import { CONVERT_LEGACY, inMemory, spareMib } from './workspace.js';

const PAGES_OF_MIB = 256;
const RUNS = 3;
const TIMES_GOAL = 30;
/** What `cp` does has to be done: the output has all the pages of the input. */
const COPY_GOAL = 1.5;

interface Input {
  readonly what: string;
  readonly pages: number;
  readonly batch: number;
  readonly contents: boolean;
  readonly size: string;
}

/** Inputs of few bytes, but of many batches or words: what each of these costs. */
const SMALL: readonly Input[] = [
  { what: 'batches of one page', pages: 50_000, batch: 1, contents: true, size: '50000 batches' },
  { what: 'pages without contents', pages: 16 * 2 ** 20, batch: 1024, contents: false, size: '16 Mi pfns' },
];

/**
 * `convert-legacy-stream` beside Xen's script and `cp`, whole processes, in memory. On pages with contents all three copy
 * the same bytes and little else: the script cannot be beaten there by more than the time that `cp` leaves.
 */
export async function benchConvertLegacy(sizesMib: readonly number[] = [256, 1024]): Promise<Row[]> {
  const tools = xenTools();
  const inputs = sizesMib
    .filter((size) => size * 2.2 < spareMib())
    .map(
      (size): Input => ({ what: 'pages', pages: size * PAGES_OF_MIB, batch: 1024, contents: true, size: mib(size) }),
    );
  const rows: Row[] = [];
  for (const input of [...inputs, ...SMALL]) {
    rows.push(...(await inMemory('convert', (folder) => benchInput(folder, input, tools))));
  }
  return rows;
}

async function benchInput(folder: string, input: Input, tools: ReturnType<typeof xenTools>): Promise<Row[]> {
  const { what, pages, batch, contents, size } = input;
  const from = join(folder, 'old');
  const to = join(folder, 'new');
  writeLegacySample(from, pages, batch, contents);
  const options = ['--in', from, '--out', to, '--format', 'libxl', '--width', '64', '--guest-type', 'hvm'];
  const ours = await bestOf(to, [...CONVERT_LEGACY, ...options]);
  const copy = await bestOf(to, ['cp', from, to]);
  const { privateMib } = await runOnce({ words: [...CONVERT_LEGACY, ...options], watchMemory: true });
  const rows = [scriptRow(`${what}: convert-legacy-stream / script`, size, ours, await scriptRun(to, options, tools))];
  if (what !== 'pages') return rows;
  return [
    ...rows,
    ratioRow(`${what}: convert-legacy-stream / cp`, size, ours.seconds, copy.seconds, COPY_GOAL),
    memoryRow('private memory', size, privateMib),
  ];
}

/** The output is made anew each time, as the first time: what is there already is quicker to overwrite. */
function bestOf(output: string, words: readonly string[], env?: Record<string, string>): Promise<Run> {
  return best(RUNS, async () => {
    await runOnce({ words: ['rm', '-f', output] });
    return runOnce({ words, ...(env === undefined ? {} : { env }) });
  });
}

async function scriptRun(
  output: string,
  options: readonly string[],
  tools: FoundXenTools | { readonly missing: string },
): Promise<Run | string> {
  if ('missing' in tools) return tools.missing;
  const env = { PYTHONPATH: tools.modules, PYTHONDONTWRITEBYTECODE: '1' };
  return bestOf(output, [tools.python, tools.converter, ...options], env);
}

function scriptRow(what: string, size: string, ours: Run, script: Run | string): Row {
  const goal = `>= ${TIMES_GOAL}x faster`;
  const row = { what, size, ours: seconds(ours.seconds), goal };
  if (typeof script === 'string') return { ...row, peer: script, ratio: '-', met: undefined };
  const times = script.seconds / ours.seconds;
  return { ...row, peer: seconds(script.seconds), ratio: `${times.toFixed(1)}x faster`, met: times >= TIMES_GOAL };
}
