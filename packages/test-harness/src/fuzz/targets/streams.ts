import {
  ByteReader,
  byteSource,
  copyStream,
  type Framing,
  inspectStream,
  MemorySink,
  StreamError,
  verifyStream,
} from '@xen-migration/stream-format';
import { Mutator } from '../../../../stream-format/src/testing/mutations.js';
import { libxcPieces, saveFilePieces } from '../../../../stream-format/src/testing/sample-streams.js';
import type { Choices } from '../../random.js';
import { piecesOf } from '../chunks.js';
import { type OpenTarget, type Outcome, refusal, type Sample, type Target } from '../target.js';

/** A buffer that is smaller than most records, too. */
const BUFFERS = { pieces: 512, whole: 65_536 } as const;
const MAX_SEED = 0xffff_ffff;

export const LIBXC_STREAM: Target = {
  name: 'libxc-stream',
  about: 'libxc streams, both versions and byte orders: reader, verifier, decoders; written again byte for byte',
  open: async () => streamTarget('libxc'),
};

export const XL_STREAM: Target = {
  name: 'xl-stream',
  about: 'save files of xl with libxl and libxc streams and checkpoints in them: the same',
  open: async () => streamTarget(undefined),
};

function streamTarget(framing: Framing | undefined): OpenTarget {
  return {
    sample: (random) => sampleOf(random, framing),
    mutate: ({ parts }, random) => new Mutator(Buffer.concat(parts), random.between(1, MAX_SEED)).next().bytes,
    run: (input) => readInAllWays(input, framing),
    async close() {},
  };
}

async function sampleOf(random: Choices, framing: Framing | undefined): Promise<Sample> {
  const options = {
    version: random.one([2, 3] as const),
    endian: random.one(['little', 'big'] as const),
    guestType: random.one(['pv', 'hvm'] as const),
    checkpoints: random.happens(0.3) ? random.between(1, 2) : 0,
  };
  const parts = framing === 'libxc' ? await libxcPieces(options) : await saveFilePieces(options);
  return { parts, valid: true };
}

/** Read in pieces or as a whole, a stream must be the same stream; what the verifier takes can be written again. */
async function readInAllWays(input: Uint8Array, framing: Framing | undefined): Promise<Outcome> {
  const options = framing === undefined ? {} : { framing };
  const { problems, warnings } = await verifyStream(inPieces(input), options);
  const whole = await verifyStream(asWhole(input), options);
  if (JSON.stringify(problems) !== JSON.stringify(whole.problems)) {
    throw new Error(`in pieces: ${problems[0]?.message}; as a whole: ${whole.problems[0]?.message}`);
  }
  const outcome = await written(input, options);
  const inspected = await inspectedIn(input);
  const [problem] = problems;
  if (problem !== undefined) return outcome === 'accepted' ? { refused: `verify: ${problem.rule}` } : outcome;
  if (outcome !== 'accepted') throw new Error(`the verifier takes it, the reader does not: ${outcome.refused}`);
  if (inspected !== 'accepted') throw new Error(`the verifier takes it, the inspection does not: ${inspected.refused}`);
  for (const { offset, message } of warnings) {
    if (offset > input.length) throw new Error(`a warning beyond the end, at ${offset}: ${message}`);
  }
  return outcome;
}

/** Read and written again; identical where that is accepted without a warning. */
async function written(input: Uint8Array, options: { readonly framing?: Framing }): Promise<Outcome> {
  const sink = new MemorySink();
  try {
    await copyStream(inPieces(input), sink, options);
  } catch (e) {
    if (e instanceof StreamError) checkPlace(e, input);
    return refusal(e, 'StreamError');
  }
  const { problems } = await verifyStream(asWhole(input), options);
  if (problems.length === 0 && Buffer.compare(sink.bytes(), input) !== 0) throw new Error('written again it differs');
  return 'accepted';
}

async function inspectedIn(input: Uint8Array): Promise<Outcome> {
  try {
    await inspectStream(inPieces(input));
    return 'accepted';
  } catch (e) {
    return refusal(e, 'StreamError');
  }
}

function checkPlace(error: StreamError, input: Uint8Array): void {
  const { offset, rule, spec } = error;
  if (!(offset >= 0 && offset <= input.length) || rule === '' || spec === '') {
    throw new Error(`an error without its place: ${error.message} (offset ${offset}, rule '${rule}', spec '${spec}')`);
  }
}

const inPieces = (input: Uint8Array) => new ByteReader(byteSource(piecesOf(input)), { bufferSize: BUFFERS.pieces });
const asWhole = (input: Uint8Array) => new ByteReader(byteSource(input), { bufferSize: BUFFERS.whole });
