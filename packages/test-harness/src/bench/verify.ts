import { join } from 'node:path';
import { PAGE_TYPE } from '@xen-migration/stream-format';
import { type FoundXenTools, xenTools } from '../xen-tools.js';
import { best, runOnce } from './measure.js';
import { writeSample } from './sample-file.js';
import { memoryRow, mib, type Row, ratioRow, seconds } from './table.js';
import { inMemory, shell, whereItFits, XEN_STREAM } from './workspace.js';

const PAGES_OF_MIB = 256;
const RUNS = 3;
/** Enough records that starting the programs counts for little. */
const KINDS = [
  { what: 'records of one page', records: 200_000, type: PAGE_TYPE.NOTAB },
  // 24 bytes in all: copying does not decide here.
  { what: 'records of one page without contents', records: 2_000_000, type: PAGE_TYPE.XTAB },
] as const;

/** `xen-stream verify FILE` beside `cat FILE >/dev/null`, both as whole processes. */
export async function benchVerify(sizesMib: readonly number[]): Promise<Row[]> {
  const rows: Row[] = [];
  for (const size of sizesMib) {
    const measure = () => inMemory('verify', (folder) => verifyOneSize(join(folder, 'stream'), size));
    rows.push(...(await whereItFits('verify / cat', size, size * 1.2, measure)));
  }
  return rows;
}

async function verifyOneSize(file: string, size: number): Promise<Row[]> {
  await writeSample(file, size * PAGES_OF_MIB, 1024);
  const words = [...XEN_STREAM, 'verify', file];
  const ours = await best(RUNS, () => runOnce({ words }));
  const piped = await best(RUNS, () => runOnce({ words: shell(`cat ${file} | ${XEN_STREAM.join(' ')} verify -`) }));
  const cat = await best(RUNS, () => runOnce({ words: shell(`cat ${file} >/dev/null`) }));
  const pipe = await best(RUNS, () => runOnce({ words: shell(`cat ${file} | cat >/dev/null`) }));
  const { privateMib } = await runOnce({
    words: shell(`cat ${file} | ${XEN_STREAM.join(' ')} verify -`),
    watchMemory: true,
  });
  return [
    ratioRow('verify FILE / cat FILE >/dev/null', mib(size), ours.seconds, cat.seconds, 1.3),
    ratioRow('cat FILE | verify - / cat FILE | cat', mib(size), piped.seconds, pipe.seconds),
    memoryRow('verify -: private memory', mib(size), privateMib),
  ];
}

/** `xen-stream verify` beside Xen's verify-stream-v2 on records of a single page. */
export async function benchVerifyRecords(): Promise<Row[]> {
  const tools = xenTools();
  if ('missing' in tools) {
    return [{ ...ratioRow('verify / verify-stream-v2', '', 0, 0), ours: '-', peer: tools.missing, ratio: '-' }];
  }
  const rows: Row[] = [];
  for (const kind of KINDS) rows.push(await inMemory('records', (folder) => verifyRecords(folder, kind, tools)));
  return rows;
}

async function verifyRecords(
  folder: string,
  { what, records, type }: (typeof KINDS)[number],
  tools: FoundXenTools,
): Promise<Row> {
  const file = join(folder, 'stream');
  await writeSample(file, records, 1, type);
  const ours = await best(RUNS, () => runOnce({ words: [...XEN_STREAM, 'verify', file] }));
  const script = join(tools.modules, '../../bin/verify-stream-v2');
  const env = { PYTHONPATH: tools.modules, PYTHONDONTWRITEBYTECODE: '1' };
  const peer = await runOnce({ words: [tools.python, script, '--format', 'libxc', '--in', file], env });
  const perRecord = (s: number) => `${((s / records) * 1e6).toFixed(1)} us`;
  const times = peer.seconds / ours.seconds;
  return {
    what: `${what}: verify / verify-stream-v2`,
    size: `${records} records`,
    ours: `${seconds(ours.seconds)}, ${perRecord(ours.seconds)} each`,
    peer: `${seconds(peer.seconds)}, ${perRecord(peer.seconds)} each`,
    ratio: `${times.toFixed(0)}x faster`,
    goal: '>= 30x faster',
    met: times >= 30,
  };
}
