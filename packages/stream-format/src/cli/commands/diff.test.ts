import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Comparison } from '../../analyse/compare.js';
import { decodeHvmContext, encodeHvmContext, type HvmSaveRecord } from '../../decode/hvm-context.js';
import type { PlainLibxcRecord } from '../../libxc/records.js';
import { absent, KEPT, LARGER, loadStream, PV64, streamPath } from '../../node/testing/streams.js';
import { type Edits, editStream } from '../../testing/edit-stream.js';
import { run } from '../testing/run.js';

const HVM = 'xen-4.17-hvm.save.gz';
const PV32 = 'xen-4.17-pv32.save.gz';
/** Offset of cpu_user_regs.eip in the body of X86_PV_VCPU_BASIC of a 32-bit guest: after the FPU, flags and 8 words. */
const EIP_AT = 512 + 4 + 8 * 4;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'xen-stream-diff-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Compares a real stream with itself as it is after the edits. */
async function diffEdited(name: string, edits: Edits): Promise<Comparison & { code: number }> {
  const edited = join(folder, 'edited');
  writeFileSync(edited, await editStream(loadStream(name), edits));
  const { code, out, err } = await run('diff', streamPath(name), edited, '--json');
  expect(err).toBe('');
  return { code, ...(JSON.parse(out) as Comparison) };
}

const editHvm =
  (edit: (record: HvmSaveRecord) => HvmSaveRecord) =>
  (record: PlainLibxcRecord): PlainLibxcRecord =>
    record.type === 'HVM_CONTEXT'
      ? { type: record.type, data: encodeHvmContext(decodeHvmContext(record.data).map(edit)) }
      : record;

describe('xen-stream diff', () => {
  it.each(KEPT)('%s with itself: 0', async (name) => {
    const { code, out } = await run('diff', streamPath(name), streamPath(name));
    expect({ code, out }).toEqual({ code: 0, out: expect.stringMatching(/^the guests are the same: \d+ pages/) });
  });

  it.skipIf(absent(PV64) !== '').each(LARGER)(`%s with itself: 0${absent(PV64)}`, async (name) => {
    expect((await run('diff', streamPath(name), streamPath(name))).code).toBe(0);
  });

  it('names the pfns of pages with changed contents', async () => {
    const { code, pages, fieldCount } = await diffEdited(PV32, {
      page: (pfn, page) => {
        if (pfn === 0x200 || pfn === 0x201 || pfn === 0x300) page[4095] = (page[4095] ?? 0) ^ 1;
      },
    });
    expect({ code, fieldCount, count: pages.count }).toEqual({ code: 1, fieldCount: 0, count: 3 });
    expect(pages.runs).toEqual([
      { start: 0x200, count: 2, difference: 'contents', left: 'NOTAB', right: 'NOTAB' },
      { start: 0x300, count: 1, difference: 'contents', left: 'NOTAB', right: 'NOTAB' },
    ]);
  });

  it('shows people the same', async () => {
    const edited = join(folder, 'edited');
    writeFileSync(
      edited,
      await editStream(loadStream(PV32), {
        page: (pfn, page) => {
          if (pfn === 0x200) page.fill(1);
        },
        config: (text) => text.replace('"pv32"', '"other"'),
      }),
    );
    const { code, out } = await run('diff', streamPath(PV32), edited);
    expect(code).toBe(1);
    expect(out).toMatch(/^the guests differ: 1 page of 2048, 1 field$/m);
    expect(out).toMatch(/^ {2}0x200 +1 +contents +NOTAB +NOTAB$/m);
    expect(out).toMatch(/^ {2}config c_info name +"pv32" +"other"$/m);
  });

  it('names a register of a PV vcpu', async () => {
    const { code, fields } = await diffEdited(PV32, {
      record: (record) => {
        if (record.type === 'X86_PV_VCPU_BASIC') record.data[EIP_AT] = (record.data[EIP_AT] ?? 0) + 1;
        return record;
      },
    });
    expect(code).toBe(1);
    expect(fields).toEqual([
      { section: 'vcpus', path: ['0', 'context', 'user_regs', 'eip'], left: '0x23a7', right: '0x23a8' },
    ]);
  });

  it('names a register of an HVM vcpu, and what a device has otherwise', async () => {
    const { code, fields } = await diffEdited(HVM, {
      record: editHvm((record) => {
        if (record.type === 'CPU') return { ...record, body: { ...record.body, rbx: record.body.rbx + 1n } };
        if (record.type === 'PIT') return { ...record, body: { ...record.body, speaker_data_on: 1 } };
        return record;
      }),
    });
    expect(code).toBe(1);
    expect(fields.map(({ section, path }) => [section, ...path].join('.'))).toEqual([
      'hvm context.CPU.0.rbx',
      'hvm context.PIT.0.speaker_data_on',
    ]);
  });

  it('leaves out clocks, event channels, the saver, and says how often', async () => {
    const { code, hostBound } = await diffEdited(HVM, {
      headers: (headers) => ({ ...headers, xenMinor: headers.xenMinor + 1 }),
      config: (text) => text.replace('"c_info": {', '"c_info": { "domid": 77,'),
      record: (record) => {
        if (record.type === 'X86_TSC_INFO') return { ...record, nsec: record.nsec + 5n };
        return editHvm((one) => {
          if (one.type === 'CPU') return { ...one, body: { ...one.body, tsc: one.body.tsc + 1n } };
          if (one.type === 'HEADER') return { ...one, body: { ...one.body, changeset: 1n } };
          return one;
        })(record);
      },
    });
    expect({ code, hostBound }).toEqual({
      code: 0,
      hostBound: { 'xen-version': 1, domid: 1, tsc: 1, 'hvm-clocks': 1, 'hvm-header': 1 },
    });
  });

  it('leaves out rings of an HVM guest, but no page beside them', async () => {
    const ring = 0xfeffc;
    const change = (wanted: number) => (pfn: number, page: Uint8Array) => {
      if (pfn === wanted) page.fill(0x55);
    };
    expect(await diffEdited(HVM, { page: change(ring) })).toMatchObject({ code: 0, hostBound: { rings: 1 } });
    expect(await diffEdited(HVM, { page: change(0xfeff0 + 7) })).toMatchObject({ code: 0, hostBound: { rings: 1 } });
    expect(await diffEdited(HVM, { page: change(0xfeff8) })).toMatchObject({ code: 1, pages: { count: 1 } });
  });

  it("leaves out what of a PV guest's memory names frames of the host", async () => {
    const { code, hostBound } = await diffEdited(PV32, {
      page: (pfn, page) => {
        // P2M_FRAMES names 0x10a and 0x10b, vcpu 0's edx 0x10c: its shared_info is a machine address.
        if (pfn === 0x10a || pfn === 0x10b) page[8] = (page[8] ?? 0) ^ 0xff;
        if (pfn === 0x10c) page[32 + 4] = (page[32 + 4] ?? 0) ^ 0xff;
      },
    });
    expect({ code, hostBound }).toEqual({ code: 0, hostBound: { 'p2m-contents': 2, 'start-info': 1 } });
  });

  it('compares the rest of start_info field by field', async () => {
    const { code, fields, pages } = await diffEdited(PV32, {
      page: (pfn, page) => {
        if (pfn === 0x10c) page[4000] = 1;
      },
    });
    expect({ code, pages: pages.count }).toEqual({ code: 1, pages: 0 });
    expect(fields).toEqual([expect.objectContaining({ section: 'start_info', path: ['rest'] })]);
  });

  it.skipIf(absent(PV64) !== '')(`leaves out the tree above the p2m${absent(PV64)}`, async () => {
    const frames = new Set<number>();
    let firstLeafMfn: number | undefined;
    const entry = (page: Uint8Array, i: number) => new DataView(page.buffer, page.byteOffset).getUint32(i * 8, true);
    // The mfn of the first page of the p2m stands in the p2m itself; the middle page is the one that begins with it.
    await editStream(loadStream(PV64), {
      record: (record) => {
        if (record.type === 'X86_PV_P2M_FRAMES') for (const pfn of record.frames) frames.add(pfn);
        return record;
      },
      page: (pfn, page) => {
        const [first, place] = [[...frames][0] ?? 0, [...frames].indexOf(pfn)];
        if (place === Math.floor(first / 512)) firstLeafMfn = entry(page, first % 512);
      },
    });
    const changed: number[] = [];
    const { code, hostBound } = await diffEdited(PV64, {
      page: (pfn, page) => {
        if (frames.has(pfn) || entry(page, 0) !== firstLeafMfn || entry(page, 1) === 0) return;
        page[4088] = (page[4088] ?? 0) ^ 1;
        changed.push(pfn);
      },
    });
    expect(changed.length).toBeGreaterThan(0);
    expect({ code, hostBound }).toEqual({ code: 0, hostBound: { 'p2m-tree': changed.length } });
  });

  it('tells page types and missing pages apart', async () => {
    const { code, pages } = await diffEdited(PV32, {
      record: (record) => record,
    });
    expect({ code, count: pages.count }).toEqual({ code: 0, count: 0 });
    const { out } = await run('diff', streamPath(PV32), streamPath('broken/xen-4.17-pv32-lost-l1.save.gz'), '--json');
    const { runs } = (JSON.parse(out) as Comparison).pages;
    expect(runs).toContainEqual({ start: 0x114, count: 1, difference: 'only left', left: 'L1TAB', right: undefined });
  });

  it('says what it can not compare', async () => {
    const edited = join(folder, 'bare');
    writeFileSync(edited, await editStream(loadStream(HVM), { bare: true }));
    const { code, out } = await run('diff', streamPath(HVM), edited);
    expect(code).toBe(0);
    expect(out).toMatch(/^not compared: config \(a libxc stream has no config\)$/m);
    expect(out).toMatch(/^not compared: emulators/m);
  });

  it('a stream that breaks off: 2, with its name and the offset', async () => {
    const cut = join(folder, 'cut');
    writeFileSync(cut, loadStream(PV32).subarray(0, 1_000_000));
    const { code, err } = await run('diff', streamPath(PV32), cut);
    expect(code).toBe(2);
    expect(err).toMatch(/^xen-stream diff: \S+cut: offset 1000000: /);
  });
});
