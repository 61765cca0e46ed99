import { Layout, reserved, u32, u64 } from '../layout/layout.js';

/** Section of the libxl stream's specification. */
export function libxlSpec(section: string): string {
  return `libxl-migration-stream, ${section}`;
}

/** Bit 0 of the options: big-endian. Bit 1: converted from a legacy stream. */
export const OPTION_BIG_ENDIAN = 1;
export const OPTION_LEGACY = 2;

export const LIBXL_HEADER = new Layout('libxl header', libxlSpec('Header'), [
  u64('ident', '"LibxlFmt" in ASCII.', { constant: 0x4c69_6278_6c46_6d74n, order: 'big' }),
  u32('version', 'Version of the format.', { constant: 2, order: 'big' }),
  u32('options', 'Bit 0: byte order of the records, 0 is little-endian. Bit 1: converted from a legacy stream.', {
    values: {
      0: 'little-endian',
      1: 'big-endian',
      2: 'little-endian, converted',
      3: 'big-endian, converted',
    },
    order: 'big',
  }),
]);

export const LIBXL_RECORD_HEADER = new Layout('libxl record header', libxlSpec('Record Overview'), [
  u32('type', 'Type of the record; bit 31 marks an optional one.'),
  u32('length', 'Bytes of the body; zeros pad it to a multiple of 8.'),
]);

export const EMULATOR_IDS: Readonly<Record<number, string>> = {
  0: 'unknown (legacy stream)',
  1: 'QEMU traditional',
  2: 'QEMU upstream',
};

const emulatorFields = () =>
  [
    u32('emulator_id', 'Which emulator.', { values: EMULATOR_IDS }),
    u32('index', 'Number of the emulator among those of the domain.'),
  ] as const;

export const LIBXL_END = new Layout('END', libxlSpec('END'), []);
export const LIBXC_CONTEXT = new Layout('LIBXC_CONTEXT', libxlSpec('LIBXC_CONTEXT'), []);
export const EMULATOR_XENSTORE_DATA = new Layout(
  'EMULATOR_XENSTORE_DATA',
  libxlSpec('EMULATOR_XENSTORE_DATA'),
  emulatorFields(),
  { name: 'data', of: 'bytes', about: 'Keys and values in turn, each ended by a NUL.' },
);
export const EMULATOR_CONTEXT = new Layout('EMULATOR_CONTEXT', libxlSpec('EMULATOR_CONTEXT'), emulatorFields(), {
  name: 'emulator_ctx',
  of: 'bytes',
  about: "The emulator's own state.",
});
export const CHECKPOINT_END = new Layout('CHECKPOINT_END', libxlSpec('CHECKPOINT_END'), []);
export const CHECKPOINT_STATE = new Layout('CHECKPOINT_STATE', libxlSpec('CHECKPOINT_STATE'), [
  u32('control_id', 'What the two sides of COLO tell each other.', {
    values: { 0: 'new checkpoint', 1: 'secondary suspended', 2: 'secondary ready', 3: 'secondary resumed' },
  }),
  reserved(4),
]);
