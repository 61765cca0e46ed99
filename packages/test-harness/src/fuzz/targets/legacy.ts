import { convertLegacyStream } from '@xen-migration/convert-legacy';
import { ByteReader, byteSource, MemorySink, StreamError, verifyStream } from '@xen-migration/stream-format';
import { legacyGuest, MEMORY, type Memory, TWO_DEVICES, VIDEO_MEMORY } from '../../legacy/guest.js';
import { legacyXlHeader } from '../../legacy/legacy-writer.js';
import type { Choices } from '../../random.js';
import { piecesOf } from '../chunks.js';
import { type Outcome, refusal, type Sample, type Target } from '../target.js';

const XL_START = Buffer.from('Xen saved domain');
const MEMORIES = (Object.keys(MEMORY) as Memory[]).filter((memory) => memory !== 'none');
/**
 * What a converter may carry over: the old stream had no page, and the new one has none; what the hypervisor once gave
 * it does not read.
 */
const CARRIED_OVER: ReadonlySet<string> = new Set(['missing-record', 'order-vcpu', 'hvm-context', 'vcpu-length']);

export const LEGACY_STREAM: Target = {
  name: 'legacy-stream',
  about: 'streams of Xen 4.5 and older: detection and conversion; what is converted passes the verifier',
  open: async () => ({ sample, run, async close() {} }),
};

async function sample(random: Choices): Promise<Sample> {
  const writer = random.happens(0.6) ? pvGuest(random) : hvmGuest(random);
  const header = random.happens(0.4) ? [legacyXlHeader('{}', true)] : [];
  return { parts: [...header, ...writer.sections], valid: true };
}

function pvGuest(random: Choices) {
  const xsave = random.one([0, 0x250, 0x340]);
  return legacyGuest({
    ...common(random),
    kind: random.one(['pv32', 'pv64'] as const),
    extv: random.happens(0.5),
    xsave,
    unmapped: random.happens(0.5) ? [] : [0x17f0, 0x17ff],
    ...(xsave === 0 ? {} : { physmap: [] }),
  });
}

function hvmGuest(random: Choices) {
  return legacyGuest({
    ...common(random),
    kind: 'hvm',
    params: random.one(['none', 'usual', 'all'] as const),
    emulator: random.one(['traditional', 'upstream'] as const),
    physmap: random.one([[], VIDEO_MEMORY, TWO_DEVICES]),
  });
}

function common(random: Choices) {
  return {
    width: random.one([32, 64] as const),
    memory: random.one(MEMORIES),
    vcpus: random.one([[0], [0, 2, 3], [0, 63, 64, 130]]),
    tsc: random.happens(0.5),
    verify: random.happens(0.3),
    lastCheckpoint: random.happens(0.7),
  };
}

/** As a libxl stream and as a libxc stream alone: refused as one it may be converted as the other. */
async function run(input: Uint8Array): Promise<Outcome> {
  const xlHeader = Buffer.from(input.subarray(0, XL_START.length)).equals(XL_START);
  const libxc = await converted(input, 'libxc', xlHeader);
  const libxl = await converted(input, 'libxl', xlHeader);
  return libxl === 'accepted' ? libxc : libxl;
}

async function converted(input: Uint8Array, format: 'libxl' | 'libxc', xlHeader: boolean): Promise<Outcome> {
  const sink = new MemorySink();
  const reader = new ByteReader(byteSource(piecesOf(input)), { bufferSize: 512 });
  try {
    // Where xl's header is kept a libxc stream behind it would be none that anybody reads.
    await convertLegacyStream(reader, sink, { format, xlHeader, skipQemu: format === 'libxc' });
  } catch (e) {
    if (e instanceof StreamError && !(e.offset >= 0 && e.offset <= input.length && e.rule !== '')) {
      throw new Error(`an error without its place: ${e.message}`);
    }
    return refusal(e, 'StreamError');
  }
  return format === 'libxl' ? verified(sink.bytes(), xlHeader) : 'accepted';
}

async function verified(stream: Uint8Array, xlHeader: boolean): Promise<Outcome> {
  const framing = xlHeader ? 'xl' : 'libxl';
  const { problems } = await verifyStream(new ByteReader(byteSource(stream)), { framing });
  const grave = problems.find(({ rule }) => !CARRIED_OVER.has(rule));
  if (grave !== undefined) throw new Error(`converted to a stream with a problem: ${grave.rule}: ${grave.message}`);
  const [problem] = problems;
  return problem === undefined ? 'accepted' : { refused: `verify: ${problem.rule}` };
}
