import { DecodeError } from './decode-error.js';
import { type Decoded, padding, structure, u8, u16, u32, u64, viewOf } from './structure.js';

/** struct xen_domctl_ext_vcpucontext (public/domctl.h): body of X86_PV_VCPU_EXTENDED. */
export const EXT_VCPUCONTEXT = structure({
  vcpu: u32,
  size: u32,
  syscall32_callback_eip: u64,
  sysenter_callback_eip: u64,
  syscall32_callback_cs: u16,
  sysenter_callback_cs: u16,
  syscall32_disables_events: u8,
  sysenter_disables_events: u8,
  _pad: padding(2),
  /** struct hvm_vmce_vcpu. */
  vmce: structure({ caps: u64, mci_ctl2_bank0: u64, mci_ctl2_bank1: u64, mcg_ext_ctl: u64 }),
});

/** Xen promises to stay within this. */
const MAX_SIZE = 128;

export type ExtVcpuContext = Decoded<typeof EXT_VCPUCONTEXT> & {
  /** What a Xen that knows more has put after the fields known here; empty as a rule. */
  readonly rest: Uint8Array;
};

/**
 * The context in an X86_PV_VCPU_EXTENDED record. A shorter one (from an older Xen) has zeros in what it lacks.
 * @throws DecodeError above 128 bytes
 */
export function decodeExtVcpuContext(data: Uint8Array): ExtVcpuContext {
  if (data.length > MAX_SIZE) {
    throw new DecodeError('ext_vcpucontext', `${data.length} bytes, more than the ${MAX_SIZE} that there can be`);
  }
  const known = new Uint8Array(EXT_VCPUCONTEXT.size);
  known.set(data.subarray(0, known.length));
  return { ...EXT_VCPUCONTEXT.read(viewOf(known), 0), rest: data.slice(known.length) };
}

/** The bytes of an extended context, `rest` included. */
export function encodeExtVcpuContext(context: ExtVcpuContext): Uint8Array {
  const data = new Uint8Array(EXT_VCPUCONTEXT.size + context.rest.length);
  EXT_VCPUCONTEXT.write(viewOf(data), 0, context);
  data.set(context.rest, EXT_VCPUCONTEXT.size);
  return data;
}
