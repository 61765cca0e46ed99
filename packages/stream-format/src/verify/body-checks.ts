/** A rule that a body breaks; `at` counts from the body's start. */
export interface BodyFault {
  readonly rule: string;
  readonly message: string;
  readonly at: number;
}

const SAVE_HEADER = 8;
const SAVE_END = 0;

/** An HVM context is a chain of save records { type u16, instance u16, length u32 }, the last of type END (0). */
export function checkHvmContext(body: Uint8Array, littleEndian: boolean): BodyFault | undefined {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  let at = 0;
  while (at + SAVE_HEADER <= body.length) {
    const type = view.getUint16(at, littleEndian);
    const length = view.getUint32(at + 4, littleEndian);
    const next = at + SAVE_HEADER + length;
    if (next > body.length) {
      return {
        rule: 'hvm-context',
        message: `save record of type ${type} and ${length} bytes reaches beyond the end`,
        at,
      };
    }
    if (type === SAVE_END) {
      if (next === body.length) return undefined;
      return { rule: 'hvm-context', message: `${body.length - next} bytes after the END save record`, at };
    }
    at = next;
  }
  return { rule: 'hvm-context', message: 'the chain of save records has no END', at };
}

/** Limits of the vcpu records (Xen's arch-x86 structures and domctls). */
export function checkVcpuSize(name: string, size: number, guestWidth: 4 | 8 | undefined): string | undefined {
  switch (name) {
    case 'X86_PV_VCPU_BASIC': {
      if (guestWidth === undefined) return undefined;
      const wanted = guestWidth === 4 ? 2800 : 5168;
      return size === wanted ? undefined : `context of ${size} bytes, must be ${wanted} for a guest of this width`;
    }
    case 'X86_PV_VCPU_EXTENDED':
      return size <= 128 && size % 8 === 0 ? undefined : `extended context of ${size} bytes, at most 128 are possible`;
    case 'X86_PV_VCPU_XSAVE':
      return size >= 16 && size % 8 === 0
        ? undefined
        : `xsave state of ${size} bytes, must be 16 and a multiple of 8 more`;
    default:
      return size % 16 === 0 ? undefined : `MSRs of ${size} bytes, must be a multiple of 16`;
  }
}

/** Pairs of key and value, each ended by NUL (libxl stream, EMULATOR_XENSTORE_DATA). */
export function checkXenstoreData(data: Uint8Array): string | undefined {
  if (data.length === 0) return undefined;
  if (data[data.length - 1] !== 0) return 'the data do not end with a NUL';
  let strings = 0;
  let start = 0;
  for (let at = data.indexOf(0); at >= 0; at = data.indexOf(0, start)) {
    if (strings % 2 === 0 && at === start) return `the key of pair ${strings / 2} is empty`;
    strings++;
    start = at + 1;
  }
  return strings % 2 === 0 ? undefined : `${strings} strings are no pairs of keys and values`;
}
