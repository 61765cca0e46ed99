import { describe, expect, it } from 'vitest';
import { ByteReader } from '../bytes/byte-reader.js';
import { MemorySink } from '../bytes/byte-sink.js';
import { byteSource } from '../bytes/byte-source.js';
import { LibxcWriter } from '../libxc/writer.js';
import { sampleLibxc, sampleSaveFile } from '../testing/sample-streams.js';
import { compareGuests } from './compare.js';
import { readGuest } from './guest.js';
import { inspectStream } from './inspect.js';

const readerOf = (stream: Uint8Array) => new ByteReader(byteSource(stream));
const PV = { version: 3, endian: 'little', guestType: 'pv' } as const;
const HEADERS = { ...PV, pageShift: 12, xenMajor: 4, xenMinor: 17 };

describe('hostile streams', () => {
  it('pfns spread over the whole address space are an error with a place, not a full memory', async () => {
    const sink = new MemorySink();
    const writer = new LibxcWriter(sink);
    await writer.headers({ ...HEADERS, guestType: 'hvm' });
    await writer.pageData([1], [0xe], []);
    const pfns = Array.from({ length: 10_000 }, (_, i) => i * 2 ** 30);
    await writer.pageData(pfns, new Uint8Array(pfns.length).fill(0xe), []);
    await writer.record({ type: 'END' });
    const wanted = { code: 'BAD_VALUE', rule: 'scattered-pfns', offset: 64, record: { index: 1, name: 'PAGE_DATA' } };
    await expect(readGuest(readerOf(sink.bytes()))).rejects.toMatchObject(wanted);
    await expect(inspectStream(readerOf(sink.bytes()))).rejects.toMatchObject(wanted);
  });

  it('vcpus without end are an error with a place', async () => {
    async function* stream() {
      const sink = new MemorySink();
      await new LibxcWriter(sink).headers(HEADERS);
      yield sink.bytes();
      for (let vcpu = 0; ; vcpu++) {
        const part = new MemorySink();
        await new LibxcWriter(part).record({ type: 'X86_PV_VCPU_XSAVE', vcpu, data: new Uint8Array(16 * 2 ** 20) });
        yield part.bytes();
      }
    }
    await expect(readGuest(new ByteReader(byteSource(stream())))).rejects.toMatchObject({
      code: 'BAD_LENGTH',
      rule: 'state-size',
      record: { index: 15, name: 'X86_PV_VCPU_XSAVE' },
    });
  });
});

describe('HVM parameters', () => {
  it('in parts, as converted legacy streams have them, are those of one guest', async () => {
    const params = [1, 5, 6, 17].map((index) => ({ index, value: BigInt(index) }));
    const streamOf = async (...parts: (typeof params)[]) => {
      const sink = new MemorySink();
      const writer = new LibxcWriter(sink);
      await writer.headers({ ...HEADERS, guestType: 'hvm' });
      for (const part of parts) await writer.record({ type: 'HVM_PARAMS', params: part });
      await writer.record({ type: 'END' });
      return readGuest(readerOf(sink.bytes()));
    };
    const whole = await streamOf(params);
    expect(compareGuests(whole, await streamOf(params.slice(0, 2), params.slice(2)))).toMatchObject({ same: true });
    expect(compareGuests(whole, await streamOf(params.slice(2)))).toMatchObject({ same: false, fieldCount: 2 });
  });
});

describe('checkpointed streams', () => {
  it.each(['pv', 'hvm'] as const)('%s: the last checkpoint counts', async (guestType) => {
    const options = { version: 3, endian: 'little', guestType } as const;
    const plain = await readGuest(readerOf(await sampleSaveFile(options)));
    const checkpointed = await readGuest(readerOf(await sampleSaveFile({ ...options, checkpoints: 3 })));
    expect(checkpointed.state.checkpoints).toBe(3);
    expect(compareGuests(plain, checkpointed)).toMatchObject({ same: true, hostBound: {} });
    const { inspection } = await inspectStream(readerOf(await sampleSaveFile({ ...options, checkpoints: 3 })));
    expect(new Set(inspection.passes.map(({ checkpoint }) => checkpoint))).toEqual(new Set([0, 1, 2, 3]));
  });

  it('both byte orders, versions and framings of one guest are the same guest', async () => {
    const little = await readGuest(readerOf(await sampleSaveFile(PV)));
    const big = await readGuest(readerOf(await sampleLibxc({ ...PV, version: 2, endian: 'big' })));
    const comparison = compareGuests(little, big);
    expect(comparison).toMatchObject({ same: true, hostBound: { 'xen-version': 3 } });
    expect(comparison.notCompared.map(({ section }) => section).sort()).toEqual([
      'config',
      'cpuid policy',
      'msr policy',
    ]);
  });
});
