import { HVM_CPU, HVM_REGISTERS, HVM_SAVE } from '../x86/registers.js';
import { BuildError } from './types.js';

/** Selector, limit, base, attributes of flat 32-bit segments, as PVH starts a kernel (docs/misc/pvh). */
const CODE = { selector: 0x8, attributes: 0xc9b } as const;
const DATA = { selector: 0x10, attributes: 0xc93 } as const;
const TASK = { attributes: 0x8b, limit: 0x67 } as const;
const FLAT_LIMIT = 0xffff_ffff;

const CR0_PROTECTED_ET = 0x11;
const RFLAGS_RESERVED = 0x2;
const DR6_RESET = 0xffff_0ff0;
const DR7_RESET = 0x400;
const FPU_CONTROL = 0x37f;
const MXCSR = 0x1f80;

/** The CPU record of vcpu 0 as PVH starts it: protected mode, no paging, rbx at the hvm_start_info. */
export function bootCpuRecord(entry: number, startInfo: number): Uint8Array {
  const record = new Uint8Array(HVM_CPU.size);
  const view = new DataView(record.buffer);
  const u32 = (offset: number, value: number) => view.setUint32(offset, value, true);
  const u64 = (offset: number, value: number) => view.setBigUint64(offset, BigInt(value), true);
  view.setUint16(HVM_CPU.fpuControlWord, FPU_CONTROL, true);
  u32(HVM_CPU.fpuMxcsr, MXCSR);
  u64(HVM_REGISTERS.rip, entry);
  u64(HVM_REGISTERS.general[RBX]!, startInfo);
  u64(HVM_REGISTERS.rflags, RFLAGS_RESERVED);
  u64(HVM_CPU.cr0, CR0_PROTECTED_ET);
  u64(HVM_CPU.dr6, DR6_RESET);
  u64(HVM_CPU.dr7, DR7_RESET);
  // cs, ds, es, fs, gs, ss, tr: ldtr stays unusable.
  for (let segment = 0; segment < 7; segment++) {
    const task = segment === 6;
    const { selector, attributes } = segment === 0 ? CODE : DATA;
    u32(HVM_CPU.selectors + segment * 4, task ? 0 : selector);
    u32(HVM_CPU.limits + segment * 4, task ? TASK.limit : FLAT_LIMIT);
    u32(HVM_CPU.attributes + segment * 4, task ? TASK.attributes : attributes);
  }
  u32(HVM_CPU.flags, 1);
  return record;
}

const RBX = 3;

/**
 * The context that the hypervisor keeps for a new domain, with the CPU records of its vcpus replaced by one for vcpu 0:
 * the other vcpus stay down until the guest brings them up.
 *
 * @throws BuildError when the context is malformed
 */
export function withBootCpu(context: Uint8Array, cpu: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  const view = new DataView(context.buffer, context.byteOffset, context.byteLength);
  let at = 0;
  let placed = false;
  const place = () => {
    if (!placed) parts.push(descriptor(HVM_SAVE.cpu, cpu.length), cpu);
    placed = true;
  };
  while (at + HVM_SAVE.descriptorSize <= context.length) {
    const type = view.getUint16(at, true);
    const end = at + HVM_SAVE.descriptorSize + view.getUint32(at + 4, true);
    if (end > context.length) break;
    if (type === HVM_SAVE.end) {
      place();
      parts.push(context.subarray(at, end));
      return Uint8Array.from(Buffer.concat(parts));
    }
    if (type === HVM_SAVE.cpu) place();
    else parts.push(context.subarray(at, end));
    if (type === HVM_SAVE.header) place();
    at = end;
  }
  throw new BuildError('HYPERVISOR', `the hypervisor's HVM context of ${context.length} bytes has no end record`);
}

function descriptor(type: number, length: number): Uint8Array {
  const bytes = new Uint8Array(HVM_SAVE.descriptorSize);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, type, true);
  view.setUint32(4, length, true);
  return bytes;
}
