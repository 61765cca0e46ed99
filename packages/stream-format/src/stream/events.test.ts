import { describe, expect, it } from 'vitest';
import { ByteReader } from '../bytes/byte-reader.js';
import { MemorySink } from '../bytes/byte-sink.js';
import { byteSource } from '../bytes/byte-source.js';
import { concatBytes } from '../bytes/concat.js';
import { LibxcWriter } from '../libxc/writer.js';
import { libxcPieces, sampleLibxc, sampleSaveFile, saveFilePieces } from '../testing/sample-streams.js';
import { encodeXlHeader, xlHeaderFor } from '../xl/save-header.js';
import { copyStream } from './copy.js';
import { streamEvents } from './events.js';
import { detectFraming } from './framing.js';
import { PageBatches } from './page-batches.js';

const HVM = { version: 3, endian: 'little', guestType: 'hvm' } as const;
const reader = (bytes: Uint8Array) => new ByteReader(byteSource(bytes));

async function eventsOf(bytes: Uint8Array): Promise<string[]> {
  const found: string[] = [];
  for await (const event of streamEvents(reader(bytes))) {
    const offset = 'record' in event ? event.record.offset : event.offset;
    found.push(`${offset} ${event.kind}${'record' in event ? ` ${event.record.type}` : ''}`);
  }
  return found;
}

describe('streamEvents', () => {
  it('goes through all layers, in and out of checkpoints, to what follows', async () => {
    const pieces = await saveFilePieces({ ...HVM, checkpoints: 1 });
    const trailing = Buffer.alloc(5000, 'x');
    const events = await eventsOf(Buffer.concat([...pieces, trailing]));
    let offset = 0;
    const starts = pieces.map(({ length }) => {
      offset += length;
      return offset - length;
    });
    const state = ['PAGE_DATA', 'X86_TSC_INFO', 'HVM_CONTEXT', 'HVM_PARAMS'].map((type) => `libxc-record ${type}`);
    const emulator = ['EMULATOR_XENSTORE_DATA', 'EMULATOR_CONTEXT'].map((type) => `libxl-record ${type}`);
    const kinds = [
      ...['xl-header', 'libxl-header', 'libxl-record LIBXC_CONTEXT', 'libxc-header'],
      ...['X86_CPUID_POLICY', 'X86_MSR_POLICY', 'STATIC_DATA_END'].map((type) => `libxc-record ${type}`),
      ...[...state, 'libxc-record CHECKPOINT', ...emulator, 'libxl-record CHECKPOINT_END'],
      ...[...state, 'libxc-record END', ...emulator, 'libxl-record END'],
    ];
    expect(events).toEqual([
      ...kinds.map((kind, i) => `${starts[i]} ${kind}`),
      `${offset} trailing`,
      `${offset + 4096} trailing`,
    ]);
  });

  it('gives a bare libxc stream, checkpoints and all', async () => {
    const pieces = await libxcPieces({ ...HVM, checkpoints: 1 });
    const events = await eventsOf(concatBytes(pieces));
    expect(events).toHaveLength(pieces.length);
    expect(events[0]).toBe('0 libxc-header');
    expect(events.at(-1)).toMatch(/ libxc-record END$/);
  });

  it('ends at a legacy stream', async () => {
    const header = { ...xlHeaderFor('{}'), mandatoryFlags: 1 };
    const bytes = Buffer.concat([encodeXlHeader(header), Buffer.alloc(100)]);
    await expect(eventsOf(bytes)).rejects.toMatchObject({
      code: 'LEGACY',
      rule: 'legacy',
      layer: 'xl',
      offset: encodeXlHeader(header).length,
      detail: 'a legacy stream (Xen 4.5 and older) follows, which must be converted first',
    });
  });
});

describe('detectFraming', () => {
  it('tells the outermost layer, single wrong bytes or not, and passes over nothing', async () => {
    const file = await sampleSaveFile(HVM);
    const [, second] = await saveFilePieces(HVM);
    const bare = await sampleLibxc(HVM);
    const starts: readonly (readonly [string, Uint8Array, number])[] = [
      ['xl', file, 8],
      ['libxl', second as Uint8Array, 2],
      ['libxc', bare, 3],
    ];
    for (const [framing, bytes, mayBeWrong] of starts) {
      const spoilt = bytes.slice();
      for (let at = 0; at <= mayBeWrong; at++) {
        const input = reader(spoilt);
        expect(await detectFraming(input), `${framing}, ${at} wrong`).toBe(framing);
        expect(input.offset).toBe(0);
        spoilt[at] = (spoilt[at] ?? 0) ^ 0x55;
      }
      await expect(detectFraming(reader(spoilt))).rejects.toMatchObject({
        code: 'BAD_MAGIC',
        rule: 'framing',
        detail: 'neither a save file of xl nor a stream of libxl or libxc',
      });
      expect(await detectFraming(reader(bytes.subarray(0, 4)))).toBe(framing);
    }
    await expect(detectFraming(reader(new Uint8Array(0)))).rejects.toMatchObject({
      code: 'TRUNCATED',
      rule: 'truncated',
      layer: 'wire',
      detail: 'the input is empty',
    });
  });
});

describe('pages', () => {
  const COUNT = 2500;

  async function longRecord(): Promise<Uint8Array> {
    const sink = new MemorySink();
    const libxc = new LibxcWriter(sink);
    await libxc.headers({ ...HVM, pageShift: 12, xenMajor: 4, xenMinor: 17 });
    const types = new Uint8Array(COUNT).map((_, i) => (i % 3 === 0 ? 0xf : 0));
    const pages = Array.from({ length: COUNT }, (_, i) => i).filter((i) => i % 3 !== 0);
    await libxc.pageData(
      Float64Array.from({ length: COUNT }, (_, i) => i * 2),
      types,
      pages.map((i) => new Uint8Array(4096).fill(i)),
    );
    await libxc.pageData([7], [0], [new Uint8Array(4096).fill(9)]);
    await libxc.record({ type: 'END' });
    return sink.bytes();
  }

  it('of a record that is longer than any saver makes it are copied and batched', async () => {
    const stream = await longRecord();
    const sink = new MemorySink();
    await copyStream(reader(stream), sink);
    expect(Buffer.compare(sink.bytes(), stream)).toBe(0);
    const batches = new PageBatches();
    const counts: number[] = [];
    const wrong: number[] = [];
    let next = 0;
    for await (const event of streamEvents(reader(stream))) {
      if (event.kind !== 'libxc-record' || event.record.type !== 'PAGE_DATA') continue;
      for await (const { count, pfns, types, bytes, words } of batches.of(event.record)) {
        counts.push(count);
        if (event.record.index > 0) {
          expect([pfns[0], types[0], bytes[0], words[1023]]).toEqual([7, 0, 9, 0x0909_0909]);
          continue;
        }
        for (let i = 0; i < count; i++) {
          while (next % 3 === 0) next++;
          if (pfns[i] !== next * 2 || types[i] !== 0 || bytes[i * 4096 + 4095] !== (next & 0xff)) wrong.push(next);
          next++;
        }
      }
    }
    expect(counts).toEqual([1024, 642, 1]);
    expect(wrong).toEqual([]);
  });
});
