import { bytes, Layout, u32 } from '../layout/layout.js';

/** Xen has no document for the save file's header: tools/xl/xl.h defines it. */
export const XL_SPEC = 'xl.h, save_file_header';

/** "Xen saved domain, xl format", and characters that a transfer as text would change. */
export const XL_MAGIC = new TextEncoder().encode('Xen saved domain, xl format\n \0 \r');

/** The configuration is JSON, not the text of a configuration file. */
export const XL_FLAG_JSON = 1;
/** A libxl stream follows, not a legacy one. */
export const XL_FLAG_STREAM_V2 = 2;

export const XL_BYTE_ORDER = 0x0102_0304;

export const XL_HEADER = new Layout('xl save file header', XL_SPEC, [
  bytes('magic', XL_MAGIC.length, '"Xen saved domain, xl format\\n \\0 \\r".'),
  u32('byteorder', 'Tells in which order the four numbers here are.', { constant: XL_BYTE_ORDER }),
  u32('mandatory_flags', 'Bit 0: the configuration is JSON. Bit 1: a libxl stream follows, not a legacy one.'),
  u32('optional_flags', 'None defined.'),
  u32('optional_data_len', 'Bytes of optional data that follow.'),
]);

export const XL_OPTIONAL_DATA = new Layout(
  'xl optional data',
  XL_SPEC,
  [u32('config_length', 'Bytes of the configuration.')],
  { name: 'config', of: 'bytes', about: "The domain's configuration." },
);
