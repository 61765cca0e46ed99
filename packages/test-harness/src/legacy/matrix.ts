import {
  type GuestKind,
  type GuestSpec,
  legacyGuest,
  MEMORY,
  type Memory,
  TWO_DEVICES,
  VIDEO_MEMORY,
} from './guest.js';
import { legacyXlHeader, type Width } from './legacy-writer.js';

/** A legacy stream, and how it is to be converted. */
export interface LegacySample {
  readonly name: string;
  readonly stream: Uint8Array;
  readonly width: Width;
  readonly guestType: 'pv' | 'hvm';
  readonly format: 'libxc' | 'libxl';
  readonly xlHeader: boolean;
  readonly skipQemu: boolean;
}

const WIDTHS = [32, 64] as const;
const MEMORIES = Object.keys(MEMORY) as Memory[];
const BOTH = [false, true] as const;

/** Every combination of what a PV guest's stream can have. */
function* pvGuests(): Generator<GuestSpec> {
  for (const width of WIDTHS) {
    for (const kind of ['pv32', 'pv64'] as const) {
      for (const memory of MEMORIES) {
        for (const extv of BOTH) {
          for (const xsave of [0, 0x250, 0x340]) {
            for (const vcpus of [[0], [0, 2, 3], [0, 63, 64, 130]]) {
              const odd = (vcpus.length + xsave) % 2 === 0;
              yield {
                width,
                kind,
                memory,
                extv,
                xsave,
                vcpus,
                tsc: extv,
                verify: odd && xsave > 0,
                lastCheckpoint: vcpus.length > 1,
                unmapped: odd ? [] : [0x17f0, 0x17f1, 0x17ff],
                ...(xsave === 0 ? {} : { physmap: [] }),
              };
            }
          }
        }
      }
    }
  }
}

/** Every combination of what an HVM guest's stream can have. */
function* hvmGuests(): Generator<GuestSpec> {
  for (const width of WIDTHS) {
    for (const emulator of ['traditional', 'upstream'] as const) {
      for (const memory of MEMORIES) {
        for (const params of ['none', 'usual', 'all'] as const) {
          for (const physmap of [undefined, [], VIDEO_MEMORY, TWO_DEVICES]) {
            for (const verify of BOTH) {
              yield {
                width,
                kind: 'hvm',
                memory,
                params,
                verify,
                emulator,
                vcpus: verify ? [0] : [0, 1, 2],
                tsc: params !== 'none',
                lastCheckpoint: !verify,
                ...(physmap === undefined ? {} : { physmap }),
              };
            }
          }
        }
      }
    }
  }
}

/** The whole matrix: every guest, in each output format, with and without the header of a save file. */
export function* legacyMatrix(): Generator<LegacySample> {
  const header = legacyXlHeader('{"c_info":{"name":"old"}}', true);
  for (const spec of [...pvGuests(), ...hvmGuests()]) {
    const stream = legacyGuest(spec).bytes();
    const guestType = spec.kind === 'hvm' ? 'hvm' : 'pv';
    const base = { width: spec.width, guestType, skipQemu: false } as const;
    const name = nameOf(spec);
    yield { ...base, name: `${name}, to libxc`, stream, format: 'libxc', xlHeader: false };
    yield { ...base, name: `${name}, to libxl`, stream, format: 'libxl', xlHeader: false };
    const file = Buffer.concat([header, stream]);
    yield { ...base, name: `${name}, xl file to libxl`, stream: file, format: 'libxl', xlHeader: true };
    if (guestType === 'hvm') {
      yield {
        ...base,
        name: `${name}, to libxc without qemu`,
        stream,
        format: 'libxc',
        xlHeader: false,
        skipQemu: true,
      };
    }
  }
}

function nameOf({ width, kind, memory, ...rest }: GuestSpec): string {
  const more = Object.entries(rest).map(([key, value]) => `${key} ${JSON.stringify(value, bigintText)}`);
  return `${width}-bit ${kind satisfies GuestKind} ${memory} (${more.join(', ')})`;
}

function bigintText(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}

/** A guest of each kind that has nearly everything a stream can have. */
export function fullGuests(): GuestSpec[] {
  const pv = { memory: 'types', vcpus: [0, 2], extv: true, xsave: 0x250, tsc: true, unmapped: [0x17f0] } as const;
  const hvm = {
    kind: 'hvm',
    vcpus: [0, 1],
    tsc: true,
    params: 'usual',
    physmap: TWO_DEVICES,
    emulator: 'upstream',
  } as const;
  return WIDTHS.flatMap((width): GuestSpec[] => [
    { ...pv, width, kind: 'pv32' },
    { ...pv, width, kind: 'pv64' },
    { ...hvm, width, memory: 'holes' },
    { ...hvm, width, memory: 'live', verify: true },
  ]);
}
