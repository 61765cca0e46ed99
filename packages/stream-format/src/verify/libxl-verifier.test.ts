import { describe, expect, it } from 'vitest';
import { ByteReader } from '../bytes/byte-reader.js';
import { byteSource } from '../bytes/byte-source.js';
import { concatBytes } from '../bytes/concat.js';
import { type SampleOptions, saveFilePieces } from '../testing/sample-streams.js';
import { verifyStream } from './verify-stream.js';

/** Headers and records of a libxl stream, without xl's header. */
async function pieces(options: Partial<SampleOptions> = {}): Promise<Uint8Array[]> {
  return (await saveFilePieces({ version: 3, endian: 'little', guestType: 'hvm', ...options })).slice(1);
}

async function verify(parts: readonly Uint8Array[], limit?: number) {
  const { problems, warnings, stats } = await verifyStream(
    new ByteReader(byteSource(concatBytes(parts))),
    limit === undefined ? {} : { limit },
  );
  const said = [...problems, ...warnings].map(
    ({ layer, offset, recordIndex, recordType, recordName, rule, message, spec }) =>
      `${layer} ${offset} ${recordIndex}/${recordType}/${recordName} ${rule}: ${message} [${spec}]`,
  );
  return { said, stats };
}

const DOCUMENT = 'libxl-migration-stream';
const offsetOf = (parts: readonly Uint8Array[], i: number) =>
  parts.slice(0, i).reduce((sum, { length }) => sum + length, 0);

/** A record of libxl's: 8 bytes of head, the body, zeros. */
function record(type: number, body: readonly number[] = [], length = body.length): Uint8Array {
  const bytes = new Uint8Array(8 + Math.ceil(body.length / 8) * 8);
  bytes.set(body, 8);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, type, true);
  view.setUint32(4, length, true);
  return bytes;
}

const EMULATOR = [2, 0, 0, 0, 0, 0, 0, 0];
const XENSTORE = 2;
const CONTEXT = 3;
const CHECKPOINT_END = 4;
const CHECKPOINT_STATE = 5;
const END = 0;

describe('a libxl stream', () => {
  it('is counted: records of each layer, pages, bytes', async () => {
    const parts = await pieces();
    const { said, stats } = await verify(parts);
    expect(said).toEqual([]);
    expect(stats).toEqual({
      framing: 'libxl',
      bytes: offsetOf(parts, parts.length),
      libxlRecords: 4,
      libxcRecords: 8,
      pages: 2,
      suppressed: 0,
    });
  });

  it('has a version and options that are known', async () => {
    const parts = await pieces();
    parts[0]?.set([3], 11);
    parts[0]?.set([4], 15);
    expect((await verify(parts)).said).toEqual([
      `libxl 8 undefined/undefined/undefined header-version: version is 0x3, must be 0x2 [${DOCUMENT}, Header]`,
      expect.stringMatching(/^libxl 12 undefined\/undefined\/undefined header-options: options is 0x4, not /),
    ]);
  });

  it('may be converted from a legacy one, and big-endian', async () => {
    const parts = await pieces({ endian: 'big' });
    parts[0]?.set([3], 15);
    expect((await verify(parts)).said).toEqual([]);
  });

  it('must have a LIBXC_CONTEXT', async () => {
    const [header = new Uint8Array()] = await pieces();
    expect((await verify([header, record(END)])).said).toEqual([
      `libxl 16 0/0/END missing-record: END without LIBXC_CONTEXT [${DOCUMENT}, END]`,
    ]);
  });

  it('has emulators after LIBXC_CONTEXT only', async () => {
    const [header = new Uint8Array(), ...rest] = await pieces();
    const early = [header, record(XENSTORE, EMULATOR), record(CONTEXT, [...EMULATOR, 1])];
    expect((await verify([...early, ...rest])).said).toEqual([
      `libxl 16 0/2/EMULATOR_XENSTORE_DATA order: EMULATOR_XENSTORE_DATA before LIBXC_CONTEXT [${DOCUMENT}, EMULATOR_XENSTORE_DATA]`,
      `libxl 32 1/3/EMULATOR_CONTEXT order: EMULATOR_CONTEXT before LIBXC_CONTEXT [${DOCUMENT}, EMULATOR_CONTEXT]`,
    ]);
  });

  it('has one LIBXC_CONTEXT', async () => {
    const parts = await pieces();
    const context = parts.slice(1, -3);
    const again = parts.toSpliced(-3, 0, ...context);
    const { said } = await verify(again);
    expect(said[0]).toBe(
      `libxl ${offsetOf(parts, parts.length - 3)} 1/1/LIBXC_CONTEXT duplicate-record: a second LIBXC_CONTEXT [${DOCUMENT}, LIBXC_CONTEXT]`,
    );
  });

  it('has CHECKPOINT_END at the end of a checkpoint alone', async () => {
    const parts = await pieces();
    const at = offsetOf(parts, parts.length - 1);
    const { said } = await verify(parts.toSpliced(-1, 0, record(CHECKPOINT_END)));
    expect(said).toEqual([
      `libxl ${at} 3/4/CHECKPOINT_END order: CHECKPOINT_END outside of a checkpoint [${DOCUMENT}, CHECKPOINT_END]`,
    ]);
  });

  it.each([1, 2])('does not end inside of a checkpoint (%s before)', async (checkpoints) => {
    const parts = await pieces({ checkpoints });
    const lastEnd = parts.findLastIndex((piece) => piece.length === 8 && piece[0] === CHECKPOINT_END);
    const cut = [...parts.slice(0, lastEnd), record(END)];
    const { said } = await verify(cut);
    expect(said).toEqual([
      `libxl ${offsetOf(cut, lastEnd)} ${checkpoints * 3}/0/END order: END inside of a checkpoint [${DOCUMENT}, END]`,
    ]);
  });
});

describe('a record of libxl', () => {
  /** What is said of the record that stands before END, its offset left out. */
  async function saidOf(...records: Uint8Array[]): Promise<string[]> {
    const parts = await pieces();
    const at = offsetOf(parts, parts.length - 1);
    const { said } = await verify(parts.toSpliced(-1, 0, ...records));
    return said.map((line) => line.replace(/^libxl (\d+)/, (_, offset) => `+${Number(offset) - at}`));
  }

  it('that is empty has no body', async () => {
    expect(await saidOf(record(CHECKPOINT_END, [0, 0, 0, 0, 0, 0, 0, 0]))).toEqual([
      `+4 3/4/CHECKPOINT_END record-length: body of 8 bytes, must be 0 [${DOCUMENT}, CHECKPOINT_END]`,
      `+0 3/4/CHECKPOINT_END order: CHECKPOINT_END outside of a checkpoint [${DOCUMENT}, CHECKPOINT_END]`,
    ]);
  });

  it('of an emulator names one that is known, and has room for its name', async () => {
    const spec = `[${DOCUMENT}, EMULATOR_CONTEXT]`;
    expect(await saidOf(record(CONTEXT, EMULATOR))).toEqual([]);
    expect(await saidOf(record(CONTEXT, [3, ...EMULATOR.slice(1)]))).toEqual([
      `+8 3/3/EMULATOR_CONTEXT record-emulator_id: emulator_id is 0x3, not 0x0 or 0x1 or 0x2 ${spec}`,
    ]);
    expect(await saidOf(record(CONTEXT, EMULATOR.slice(0, 7)))).toEqual([
      `+4 3/3/EMULATOR_CONTEXT record-length: body of 7 bytes, 8 wanted ${spec}`,
    ]);
  });

  it('of COLO has its size and a known number', async () => {
    const spec = `[${DOCUMENT}, CHECKPOINT_STATE]`;
    expect(await saidOf(record(CHECKPOINT_STATE, [1, 0, 0, 0, 0, 0, 0, 0]))).toEqual([]);
    expect(await saidOf(record(CHECKPOINT_STATE, [1, 0, 0, 0, 0, 0, 0, 0, 0]))).toEqual([
      `+4 3/5/CHECKPOINT_STATE record-length: body of 9 bytes, 8 wanted ${spec}`,
    ]);
    expect(await saidOf(record(CHECKPOINT_STATE, [4, 0, 0, 0, 0, 1, 0, 0]))).toEqual([
      `+8 3/5/CHECKPOINT_STATE record-control_id: control_id is 0x4, not 0x0 or 0x1 or 0x2 or 0x3 ${spec}`,
      `+12 3/5/CHECKPOINT_STATE record-reserved: reserved bytes at +4 are not zero ${spec}`,
    ]);
  });

  it('of xenstore data has pairs', async () => {
    const data = (text: string) => record(XENSTORE, [...EMULATOR, ...new TextEncoder().encode(text)]);
    expect(await saidOf(data('key\0value\0'))).toEqual([]);
    expect(await saidOf(data('key\0value'))).toEqual([
      `+4 3/2/EMULATOR_XENSTORE_DATA emulator-data: the data do not end with a NUL [${DOCUMENT}, EMULATOR_XENSTORE_DATA]`,
    ]);
    // An emulator's own state may be anything.
    expect(await saidOf(record(CONTEXT, [...EMULATOR, 0, 1, 2]))).toEqual([]);
  });

  it('is padded with zeros', async () => {
    const padded = record(CONTEXT, [...EMULATOR, 1, 0, 7, 0], 9);
    expect(await saidOf(padded)).toEqual([
      `+18 3/3/EMULATOR_CONTEXT padding: padding that is not zero [${DOCUMENT}, EMULATOR_CONTEXT]`,
    ]);
  });

  it('that is not known is an error, optional or not; after it goes on what follows', async () => {
    const spec = `[${DOCUMENT}, Record Overview]`;
    expect(await saidOf(record(6, [1, 2, 3]))).toEqual([
      `+0 3/6/0x6 unknown-record: mandatory record of unknown type 0x6 ${spec}`,
    ]);
    expect(await saidOf(record(0x8000_0000), record(CONTEXT, EMULATOR), record(0x8000_0001, [1]))).toEqual([
      `+0 3/2147483648/0x80000000 unknown-record: optional record of unknown type 0x80000000 ${spec}`,
      `+24 5/2147483649/0x80000001 unknown-record: optional record of unknown type 0x80000001 ${spec}`,
    ]);
  });

  it('that is not known, twice in a row: a length led astray, the verification ends', async () => {
    const spec = `[${DOCUMENT}, Record Overview]`;
    expect(await saidOf(record(0x77), record(0x78), record(0x79))).toEqual([
      `+0 3/119/0x77 unknown-record: mandatory record of unknown type 0x77 ${spec}`,
      `+8 4/120/0x78 unknown-record: mandatory record of unknown type 0x78 ${spec}`,
    ]);
  });

  it('beyond 128 MiB ends it', async () => {
    expect(await saidOf(record(CONTEXT, EMULATOR, 0x0800_0001))).toEqual([
      `+4 3/3/EMULATOR_CONTEXT record-length-max: length 134217729 is beyond 134217728 [${DOCUMENT}, EMULATOR_CONTEXT]`,
    ]);
    // So many are allowed, and are missing here.
    const [cut] = await saidOf(record(CONTEXT, EMULATOR, 0x0800_0000));
    expect(cut).toMatch(/ truncated: /);
  });
});
