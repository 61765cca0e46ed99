import { DecodeError } from './decode-error.js';
import { FXSAVE, XSAVE_HEADER } from './fpu-state.js';
import { type Decoded, structure, u64, viewOf } from './structure.js';

/** What Xen puts before the XSAVE area (xen_domctl_vcpuextstate). */
const XSTATE_MASKS = structure({ xcr0: u64, xcr0_accum: u64 });
/** The part of the area that every processor has. */
const XSAVE_LEGACY = structure({ fpu_sse: FXSAVE, xsave_hdr: XSAVE_HEADER });

export interface XsaveArea extends Decoded<typeof XSAVE_LEGACY> {
  /** Components above SSE, in the expanded form: each at the offset that CPUID leaf 0xd names. */
  readonly components: Uint8Array;
}

export interface XsaveState extends Decoded<typeof XSTATE_MASKS> {
  /** Undefined where the vcpu has used no extended state yet. */
  readonly area: XsaveArea | undefined;
}

/**
 * The state in an X86_PV_VCPU_XSAVE record.
 * @throws DecodeError when it is too short for its parts
 */
export function decodeXsave(data: Uint8Array): XsaveState {
  if (data.length < XSTATE_MASKS.size) {
    throw new DecodeError('xsave state', `${data.length} bytes, fewer than the ${XSTATE_MASKS.size} of its masks`);
  }
  const masks = XSTATE_MASKS.read(viewOf(data), 0);
  const area = data.subarray(XSTATE_MASKS.size);
  return { ...masks, area: area.length === 0 ? undefined : decodeXsaveArea(area) };
}

/** @throws DecodeError when it is shorter than the 576 bytes that every area has */
export function decodeXsaveArea(data: Uint8Array): XsaveArea {
  if (data.length < XSAVE_LEGACY.size) {
    throw new DecodeError(
      'xsave area',
      `${data.length} bytes, fewer than the ${XSAVE_LEGACY.size} that it begins with`,
    );
  }
  return { ...XSAVE_LEGACY.read(viewOf(data), 0), components: data.slice(XSAVE_LEGACY.size) };
}

/** The bytes of a state as an X86_PV_VCPU_XSAVE record holds it. */
export function encodeXsave(state: XsaveState): Uint8Array {
  const area = state.area === undefined ? new Uint8Array(0) : encodeXsaveArea(state.area);
  const data = new Uint8Array(XSTATE_MASKS.size + area.length);
  XSTATE_MASKS.write(viewOf(data), 0, state);
  data.set(area, XSTATE_MASKS.size);
  return data;
}

export function encodeXsaveArea(area: XsaveArea): Uint8Array {
  const data = new Uint8Array(XSAVE_LEGACY.size + area.components.length);
  XSAVE_LEGACY.write(viewOf(data), 0, area);
  data.set(area.components, XSAVE_LEGACY.size);
  return data;
}
