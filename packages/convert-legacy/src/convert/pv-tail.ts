import type { LibxcWriter } from '@xen-migration/stream-format';
import { PAGE_SIZE, REC_LENGTH_MAX } from '@xen-migration/stream-format';
import { EXTENDED_CONTEXT, VCPU_XSAVE } from '../layout/layouts.js';
import type { LegacyReader } from '../read/legacy-reader.js';
import type { ExtendedInfo } from './extended-info.js';
import type { Trace } from './options.js';

/**
 * A PV guest's tail:
 *
 *     count, pfns that came and went | context [extended context] [xsave data] of each vcpu | shared info
 */
export async function convertPvTail(
  legacy: LegacyReader,
  info: ExtendedInfo,
  vcpus: readonly number[],
  libxc: LibxcWriter,
  trace: Trace,
): Promise<void> {
  legacy.enterPart('unmapped pfns');
  const unmapped = await legacy.u32();
  // They were sent and later given back: in a v2 stream the last that is said of a pfn holds.
  await legacy.skip(unmapped * legacy.wordSize);
  if (unmapped > 0) trace?.(`${unmapped} unmapped pfns passed over`);
  for (const vcpu of vcpus) {
    legacy.enterPart(`vcpu ${vcpu}`);
    trace?.(`${legacy.offset}: vcpu ${vcpu}`);
    await libxc.record({ type: 'X86_PV_VCPU_BASIC', vcpu, data: await legacy.bytes(info.contextSize) });
    if (info.extended) {
      await libxc.record({ type: 'X86_PV_VCPU_EXTENDED', vcpu, data: await legacy.bytes(EXTENDED_CONTEXT) });
    }
    if (info.xsaveSize > 0) {
      await libxc.record({ type: 'X86_PV_VCPU_XSAVE', vcpu, data: await readXsave(legacy, info.xsaveSize) });
    }
  }
  legacy.enterPart('shared info');
  await libxc.record({ type: 'SHARED_INFO', data: await legacy.bytes(PAGE_SIZE) });
}

async function readXsave(legacy: LegacyReader, announced: number): Promise<Uint8Array> {
  const at = legacy.offset;
  const { size } = VCPU_XSAVE.read(await legacy.bytes(VCPU_XSAVE.size), true);
  if (size !== BigInt(announced - VCPU_XSAVE.size)) {
    const message = `${size} bytes of xsave data, but the extended info says ${announced - VCPU_XSAVE.size}`;
    throw legacy.fault('BAD_LENGTH', 'xsave-size', message, at + VCPU_XSAVE.offsetOf('size'));
  }
  if (size > REC_LENGTH_MAX - PAGE_SIZE) {
    const message = `${size} bytes of xsave data, more than a record holds`;
    throw legacy.fault('BAD_LENGTH', 'xsave-max', message, at + VCPU_XSAVE.offsetOf('size'));
  }
  return legacy.bytes(Number(size));
}
