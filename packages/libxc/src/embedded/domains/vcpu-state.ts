/** Checks of the state that vcpus have beside their registers. Each answers why it can't be loaded, or undefined. */

/** x87, SSE, AVX, protection keys: what the host's CPU saves (leaf 0xd of its policy). */
const HOST_XCR0 = 0x207n;
const X87 = 1n;
const AVX = 4n;
const PKRU = 0x200n;
/** xcr0 and xcr0_accum, before the XSAVE image. */
const XSAVE_PREFIX = 16;
const LEGACY_AND_HEADER = 512 + 64;

/** Bytes of the standard XSAVE format up to the end of its last component. */
function xsaveSize(components: bigint): number {
  if ((components & PKRU) !== 0n) return 0x988;
  return (components & AVX) !== 0n ? LEGACY_AND_HEADER + 256 : LEGACY_AND_HEADER;
}

export function auditXsave(area: Uint8Array): string | undefined {
  if (area.length < XSAVE_PREFIX) return `${area.length} bytes are no XSAVE state`;
  const view = new DataView(area.buffer, area.byteOffset, area.byteLength);
  const xcr0 = view.getBigUint64(0, true);
  const accumulated = view.getBigUint64(8, true);
  if ((accumulated & ~HOST_XCR0) !== 0n) return `xcr0_accum 0x${accumulated.toString(16)} is not possible on this host`;
  // A vcpu that never touched its extended state has none to load.
  if (accumulated === 0n && area.length === XSAVE_PREFIX) return undefined;
  if ((xcr0 & X87) === 0n || (xcr0 & ~accumulated) !== 0n) return `xcr0 0x${xcr0.toString(16)} is not possible`;
  const image = area.length - XSAVE_PREFIX;
  if (image !== 0 && image !== xsaveSize(accumulated)) {
    return `an XSAVE image of ${image} bytes; xcr0_accum 0x${accumulated.toString(16)} makes ${xsaveSize(accumulated)}`;
  }
  return undefined;
}

/** The MSRs that Xen migrates of a vcpu. */
const MSRS: ReadonlySet<number> = new Set([
  0x48, // SPEC_CTRL
  0x140, // INTEL_MISC_FEATURES_ENABLES
  0xda0, // XSS
  0xc000_0103, // TSC_AUX
  0xc001_011f, // VIRT_SPEC_CTRL
  0xc001_1027, // AMD64_DR0_ADDRESS_MASK ...
  0xc001_1019,
  0xc001_101a,
  0xc001_101b,
]);
const MSR_SIZE = 16;

export function auditMsrEntries(msrs: Uint8Array): string | undefined {
  if (msrs.length % MSR_SIZE !== 0) return `${msrs.length} bytes are no MSR entries`;
  const view = new DataView(msrs.buffer, msrs.byteOffset, msrs.byteLength);
  for (let at = 0; at < msrs.length; at += MSR_SIZE) {
    const index = view.getUint32(at, true);
    if (!MSRS.has(index)) return `MSR 0x${index.toString(16)} is none that travels`;
    if (view.getUint32(at + 4, true) !== 0) return `MSR 0x${index.toString(16)}: its reserved word is not 0`;
  }
  return undefined;
}
