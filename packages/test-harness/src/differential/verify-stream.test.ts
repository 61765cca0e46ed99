import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import {
  ByteReader,
  byteSource,
  encodeXlHeader,
  type LibxcHeaders,
  LibxcWriter,
  LibxlWriter,
  MemorySink,
  PAGE_TYPE,
  type Problem,
  verifyStream,
  xlHeaderFor,
} from '@xen-migration/stream-format';
import { describe, expect, it } from 'vitest';
import { repositoryRoot } from '../repository.js';
import { xenTools } from '../xen-tools.js';
import { STRICTER_RULES, XEN_FAULTS } from './differences.js';
import { mutate, mutations } from './mutations.js';
import { type Sample, type XenVerdict, xenVerdicts } from './xen-verifier.js';

const PAGE = 4096;
const MUTATIONS = 600;
const tools = xenTools();
if ('missing' in tools) console.warn(`differential tests against verify-stream-v2 are skipped: ${tools.missing}`);

const fill = (size: number, byte: number) => new Uint8Array(size).fill(byte);

async function generated(guestType: 'pv' | 'hvm', version: 2 | 3, framing: 'libxc' | 'xl'): Promise<Sample> {
  const sink = new MemorySink();
  const libxl = new LibxlWriter(sink);
  if (framing === 'xl') {
    await sink.writev([encodeXlHeader(xlHeaderFor('{"c_info":{}}'))]);
    await libxl.headers({ endian: 'little', legacy: false });
    await libxl.record({ type: 'LIBXC_CONTEXT' });
  }
  await writeLibxc(new LibxcWriter(sink), {
    guestType,
    version,
    endian: 'little',
    pageShift: 12,
    xenMajor: 4,
    xenMinor: 17,
  });
  if (framing === 'xl') {
    if (guestType === 'hvm') {
      await libxl.record({ type: 'EMULATOR_CONTEXT', emulatorId: 2, index: 0, data: fill(21, 3) });
    }
    await libxl.record({ type: 'END' });
  }
  return { name: `generated ${guestType} v${version} ${framing}`, framing, stream: sink.bytes() };
}

async function writeLibxc(writer: LibxcWriter, headers: LibxcHeaders): Promise<void> {
  const pv = headers.guestType === 'pv';
  await writer.headers(headers);
  if (pv) await writer.record({ type: 'X86_PV_INFO', guestWidth: 8, ptLevels: 4 });
  if (headers.version === 3) {
    await writer.record({ type: 'X86_CPUID_POLICY', data: fill(48, 1) });
    await writer.record({ type: 'X86_MSR_POLICY', data: fill(32, 1) });
    await writer.record({ type: 'STATIC_DATA_END' });
  }
  if (pv) await writer.record({ type: 'X86_PV_P2M_FRAMES', startPfn: 0, endPfn: 600, frames: Float64Array.of(2, 3) });
  await writer.pageData([0, 1, 2], [0, pv ? PAGE_TYPE.L1TAB : 0, PAGE_TYPE.XTAB], [fill(2 * PAGE, 1)]);
  await writer.pageData([5], [0], [fill(PAGE, 1)]);
  await writer.record({ type: 'X86_TSC_INFO', mode: 0, khz: 1000, nsec: 5n, incarnation: 1 });
  if (pv) {
    await writer.record({ type: 'SHARED_INFO', data: fill(PAGE, 4) });
    await writer.record({ type: 'X86_PV_VCPU_BASIC', vcpu: 0, data: fill(5168, 5) });
    await writer.record({ type: 'X86_PV_VCPU_EXTENDED', vcpu: 0, data: fill(64, 6) });
    await writer.record({ type: 'X86_PV_VCPU_XSAVE', vcpu: 0, data: fill(592, 7) });
  } else {
    const context = new Uint8Array(24);
    context.set([1, 0, 0, 0, 8]);
    await writer.record({ type: 'HVM_CONTEXT', data: context });
    await writer.record({ type: 'HVM_PARAMS', params: [{ index: 1, value: 2n }] });
  }
  await writer.record({ type: 'END' });
}

/** Streams with some bytes changed, cut out or doubled; near the small records, where the fields are. */
function mutationsOf(bases: readonly Sample[]): Sample[] {
  return mutations(bases.length, MUTATIONS, 20_241).map(({ base, kind, place, byte }, i) => {
    const sample = bases[base] as Sample;
    const { stream } = sample;
    const spots = fieldBytes(stream);
    const at = spots[Math.floor(place * spots.length)] ?? 0;
    return {
      ...sample,
      name: `${i}: ${sample.name}, ${kind} at ${at} (${byte})`,
      stream: mutate(stream, kind, at, byte),
    };
  });
}

/** All bytes, but few of those in the middle of long runs of one value. */
function fieldBytes(stream: Uint8Array): number[] {
  return [...stream.keys()].filter((i) => i < 64 || stream[i] !== stream[i - 60] || i % 50 === 0);
}

function explained(ours: readonly Problem[], xen: XenVerdict): boolean {
  const accepted = ours.length === 0;
  if (accepted === (xen === undefined)) return true;
  if (accepted) return XEN_FAULTS.some(({ complaint }) => complaint.test(xen ?? ''));
  return STRICTER_RULES.has(ours[0]?.rule ?? '');
}

async function compare(samples: readonly Sample[]) {
  const verdicts = xenVerdicts(tools as Exclude<typeof tools, { missing: string }>, samples);
  expect(verdicts).toHaveLength(samples.length);
  const counts = { accepted: 0, rejected: 0, different: 0 };
  const unexplained: string[] = [];
  for (const [i, { name, framing, stream }] of samples.entries()) {
    const { problems } = await verifyStream(new ByteReader(byteSource(stream)), { framing });
    const xen = verdicts[i];
    if (!explained(problems, xen)) {
      unexplained.push(
        `${name}: ours ${problems[0]?.rule ?? 'accepts'} ${problems[0]?.message ?? ''}; Xen's ${xen ?? 'accepts'}`,
      );
    }
    if ((problems.length === 0) !== (xen === undefined)) counts.different++;
    else if (xen === undefined) counts.accepted++;
    else counts.rejected++;
  }
  return { counts, unexplained };
}

describe.skipIf('missing' in tools)("our verifier and Xen's verify-stream-v2 (skipped without python3 and apt)", () => {
  it('accept the same valid streams, generated and real', async () => {
    const samples: Sample[] = [];
    for (const guestType of ['pv', 'hvm'] as const) {
      for (const version of [2, 3] as const) {
        samples.push(await generated(guestType, version, 'libxc'), await generated(guestType, version, 'xl'));
      }
    }
    for (const name of ['xen-4.17-pv32.save.gz', 'xen-4.17-hvm.save.gz', 'broken/xen-4.17-pv32-lost-l1.save.gz']) {
      const path = `${repositoryRoot}packages/stream-format/testdata/${name}`;
      expect(existsSync(path)).toBe(true);
      samples.push({ name, framing: 'xl', stream: gunzipSync(readFileSync(path)) });
    }
    const { counts, unexplained } = await compare(samples);
    expect(unexplained).toEqual([]);
    expect(counts).toEqual({ accepted: samples.length, rejected: 0, different: 0 });
  });

  it("differ on emulator xenstore data, which Xen's refuses always", async () => {
    const { stream } = await generated('hvm', 3, 'libxc');
    const sink = new MemorySink();
    const libxl = new LibxlWriter(sink);
    await libxl.headers({ endian: 'little', legacy: false });
    await libxl.record({ type: 'LIBXC_CONTEXT' });
    await sink.writev([stream]);
    const data = new TextEncoder().encode('physmap/f0000000/name\0vga.vram\0');
    await libxl.record({ type: 'EMULATOR_XENSTORE_DATA', emulatorId: 2, index: 0, data });
    await libxl.record({ type: 'END' });
    const { counts, unexplained } = await compare([{ name: 'xenstore data', framing: 'libxl', stream: sink.bytes() }]);
    expect({ counts, unexplained }).toEqual({ counts: { accepted: 0, rejected: 0, different: 1 }, unexplained: [] });
  });

  it(`agree on ${MUTATIONS} damaged streams, but for the differences in the table`, async () => {
    const bases: Sample[] = [];
    for (const guestType of ['pv', 'hvm'] as const) {
      for (const version of [2, 3] as const) {
        bases.push(await generated(guestType, version, 'libxc'), await generated(guestType, version, 'xl'));
      }
    }
    const { counts, unexplained } = await compare(mutationsOf(bases));
    console.log(`differential: ${JSON.stringify(counts)}`);
    expect(unexplained).toEqual([]);
    expect(counts.rejected).toBeGreaterThan(100);
    expect(counts.accepted).toBeGreaterThan(50);
  });
});
