import { createHash } from 'node:crypto';
import { convertLegacyStream } from '@xen-migration/convert-legacy';
import { ByteReader, byteSource, StreamError } from '@xen-migration/stream-format';
import { describe, expect, it } from 'vitest';
import { legacyGuest } from '../legacy/guest.js';
import { fullGuests, type LegacySample, legacyMatrix } from '../legacy/matrix.js';
import { mutatedSamples } from '../legacy/mutated.js';
import { type FoundXenTools, xenTools } from '../xen-tools.js';
import { SCRIPT_FAULTS, STRICTER_RULES } from './converter-differences.js';
import { type ScriptResult, scriptResults } from './xen-converter.js';

const MUTATED = 2000;
/** Samples that are given to the script at once: they are in memory together. */
const SLICE = 300;
const tools = xenTools();
if ('missing' in tools) console.warn(`differential tests against convert-legacy-stream are skipped: ${tools.missing}`);

interface OurResult {
  readonly sha256?: string;
  readonly error?: StreamError;
  readonly trace: readonly string[];
}

async function ours(sample: LegacySample): Promise<OurResult> {
  const hash = createHash('sha256');
  const trace: string[] = [];
  const sink = {
    writev: async (parts: readonly Uint8Array[]) => {
      for (const part of parts) hash.update(part);
    },
  };
  try {
    const { width, guestType, format, xlHeader, skipQemu } = sample;
    const options = { width, guestType, format, xlHeader, skipQemu, trace: (line: string) => void trace.push(line) };
    await convertLegacyStream(new ByteReader(byteSource(sample.stream)), sink, options);
    return { sha256: hash.digest('hex'), trace };
  } catch (error) {
    if (!(error instanceof StreamError)) throw error;
    return { error, trace };
  }
}

/** How the two results compare, in a word; 'UNEXPLAINED' where the table of differences does not have it. */
function compared(mine: OurResult, his: ScriptResult): string {
  if ('refused' in his) return mine.error === undefined ? unexplainedUnlessFault(mine) : 'both refuse';
  if (mine.error !== undefined) return STRICTER_RULES.has(mine.error.rule) ? `only ours refuses` : 'UNEXPLAINED';
  return mine.sha256 === his.sha256 ? 'same bytes' : unexplainedUnlessFault(mine);
}

function unexplainedUnlessFault({ trace }: OurResult): string {
  return SCRIPT_FAULTS.some(({ met }) => met(trace)) ? 'the script is at fault' : 'UNEXPLAINED';
}

async function compareAll(samples: readonly LegacySample[]) {
  const counts: Record<string, number> = {};
  const unexplained: string[] = [];
  for (let from = 0; from < samples.length; from += SLICE) {
    const slice = samples.slice(from, from + SLICE);
    const theirs = scriptResults(tools as FoundXenTools, slice);
    expect(theirs).toHaveLength(slice.length);
    for (const [i, sample] of slice.entries()) {
      const mine = await ours(sample);
      const his = theirs[i] as ScriptResult;
      const verdict = compared(mine, his);
      counts[verdict] = (counts[verdict] ?? 0) + 1;
      if (verdict === 'UNEXPLAINED') {
        unexplained.push(
          `${sample.name}: ours ${mine.error?.rule} ${mine.error?.message}; the script ${JSON.stringify(his)}`,
        );
      }
    }
  }
  return { counts, unexplained };
}

describe.skipIf('missing' in tools)("our converter and Xen's script (skipped without python3 and apt)", () => {
  it('make the same bytes of the whole matrix', async () => {
    const samples = [...legacyMatrix()];
    const { counts, unexplained } = await compareAll(samples);
    console.log(`differential: ${samples.length} legacy streams: ${JSON.stringify(counts)}`);
    expect(unexplained).toEqual([]);
    expect(counts).toEqual({ 'same bytes': samples.length });
  });

  it(`agree on ${MUTATED} damaged streams, but for the differences in the table`, async () => {
    const { counts, unexplained } = await compareAll(
      mutatedSamples(
        fullGuests().map((spec) => ({ spec, writer: legacyGuest(spec) })),
        MUTATED,
        45,
      ),
    );
    console.log(`differential: ${MUTATED} damaged legacy streams: ${JSON.stringify(counts)}`);
    expect(unexplained).toEqual([]);
    expect(counts['same bytes']).toBeGreaterThan(300);
    expect(counts['both refuse']).toBeGreaterThan(500);
  });
});
