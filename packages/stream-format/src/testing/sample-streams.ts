import { concatBytes } from '../bytes/concat.js';
import { PAGE_SIZE } from '../libxc/layouts.js';
import { PAGE_TYPE } from '../libxc/page-types.js';
import type { LibxcHeaders } from '../libxc/records.js';
import { LibxcWriter } from '../libxc/writer.js';
import { LibxlWriter } from '../libxl/writer.js';
import { encodeXlHeader, xlHeaderFor } from '../xl/save-header.js';
import { PieceSink } from './pieces.js';

/** Small valid streams for tests: each record type of a save that stock Xen would write. */
export interface SampleOptions {
  readonly version: 2 | 3;
  readonly endian: 'little' | 'big';
  readonly guestType: 'pv' | 'hvm';
  readonly checkpoints?: number;
}

const filled = (size: number, byte: number) => new Uint8Array(size).fill(byte);

/** A libxc stream. */
export async function sampleLibxc(options: SampleOptions): Promise<Uint8Array> {
  return concatBytes(await libxcPieces(options));
}

/** A save file of xl with a libxl stream in it; big-endian ones too. */
export async function sampleSaveFile(options: SampleOptions): Promise<Uint8Array> {
  return concatBytes(await saveFilePieces(options));
}

/** The same, header by header and record by record. */
export async function libxcPieces(options: SampleOptions): Promise<Uint8Array[]> {
  const sink = new PieceSink();
  await writeLibxc(new LibxcWriter(sink), options, async () => {});
  return sink.pieces;
}

export async function saveFilePieces(options: SampleOptions): Promise<Uint8Array[]> {
  const sink = new PieceSink();
  await sink.writev([encodeXlHeader(xlHeaderFor('{"c_info":{"name":"sample"}}'))]);
  const libxl = new LibxlWriter(sink);
  const xenstore = new TextEncoder().encode('physmap/f0000000/start_addr\0f0000000\0');
  const emulator = async () => {
    if (options.guestType === 'pv') return;
    await libxl.record({ type: 'EMULATOR_XENSTORE_DATA', emulatorId: 2, index: 0, data: xenstore });
    await libxl.record({ type: 'EMULATOR_CONTEXT', emulatorId: 2, index: 0, data: filled(13, 9) });
  };
  await libxl.headers({ endian: options.endian, legacy: false });
  await libxl.record({ type: 'LIBXC_CONTEXT' });
  await writeLibxc(new LibxcWriter(sink), options, async () => {
    await emulator();
    await libxl.record({ type: 'CHECKPOINT_END' });
  });
  await emulator();
  await libxl.record({ type: 'END' });
  return sink.pieces;
}

async function writeLibxc(writer: LibxcWriter, options: SampleOptions, between: () => Promise<void>): Promise<void> {
  await writer.headers(headersFor(options));
  if (options.guestType === 'pv') await writer.record({ type: 'X86_PV_INFO', guestWidth: 8, ptLevels: 4 });
  if (options.version === 3) {
    await writer.record({ type: 'X86_CPUID_POLICY', data: filled(48, 1) });
    await writer.record({ type: 'X86_MSR_POLICY', data: filled(32, 1) });
    await writer.record({ type: 'STATIC_DATA_END' });
  }
  for (let left = options.checkpoints ?? 0; left >= 0; left--) {
    if (options.guestType === 'pv') await writePv(writer);
    else await writeHvm(writer, options.endian);
    if (left === 0) break;
    await writer.record({ type: 'CHECKPOINT' });
    await between();
  }
  await writer.record({ type: 'END' });
}

function headersFor({ version, endian, guestType }: SampleOptions): LibxcHeaders {
  return { version, endian, guestType, pageShift: 12, xenMajor: 4, xenMinor: 17 };
}

async function writePv(writer: LibxcWriter): Promise<void> {
  await writer.record({ type: 'X86_PV_P2M_FRAMES', startPfn: 0, endPfn: 600, frames: Float64Array.of(2, 3) });
  const { NOTAB, L1TAB, XTAB, XALLOC, BROKEN } = PAGE_TYPE;
  await writer.pageData([0, 1, 2], [NOTAB, L1TAB, NOTAB], [filled(PAGE_SIZE, 1), filled(2 * PAGE_SIZE, 2)]);
  await writer.pageData([3, 4, 5, 600], [NOTAB, XTAB, BROKEN, XALLOC], [filled(PAGE_SIZE, 3)]);
  await writer.record({ type: 'X86_TSC_INFO', mode: 0, khz: 2_000_000, nsec: 12_345n, incarnation: 1 });
  await writer.record({ type: 'SHARED_INFO', data: filled(PAGE_SIZE, 4) });
  await writer.record({ type: 'X86_PV_VCPU_BASIC', vcpu: 0, data: filled(5168, 5) });
  await writer.record({ type: 'X86_PV_VCPU_EXTENDED', vcpu: 0, data: filled(64, 6) });
  await writer.record({ type: 'X86_PV_VCPU_XSAVE', vcpu: 0, data: filled(592, 7) });
  await writer.record({ type: 'X86_PV_VCPU_MSRS', vcpu: 0, data: filled(32, 8) });
}

async function writeHvm(writer: LibxcWriter, endian: 'little' | 'big'): Promise<void> {
  await writer.pageData([0, 0x10_0000, 7], [0, 0, PAGE_TYPE.XTAB], [filled(2 * PAGE_SIZE, 1)]);
  await writer.record({ type: 'X86_TSC_INFO', mode: 0, khz: 2_000_000, nsec: 12_345n, incarnation: 1 });
  await writer.record({ type: 'HVM_CONTEXT', data: hvmContext(endian === 'little') });
  await writer.record({
    type: 'HVM_PARAMS',
    params: [
      { index: 1n, value: 0xfeffcn },
      { index: 17n, value: 0xfeffdn },
    ],
  });
}

/** One save record of 16 bytes and the END. */
function hvmContext(littleEndian: boolean): Uint8Array {
  const context = new Uint8Array(32);
  const view = new DataView(context.buffer);
  view.setUint16(0, 1, littleEndian);
  view.setUint32(4, 16, littleEndian);
  return context;
}
