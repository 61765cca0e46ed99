import type { AnyLayout } from '../layout/layout.js';
import * as layouts from './layouts.js';

/** Numbers of the records (libxl stream, Record Overview). */
export const LIBXL_RECORD = {
  END: 0,
  LIBXC_CONTEXT: 1,
  EMULATOR_XENSTORE_DATA: 2,
  EMULATOR_CONTEXT: 3,
  CHECKPOINT_END: 4,
  CHECKPOINT_STATE: 5,
} as const;

export type LibxlRecordName = keyof typeof LIBXL_RECORD;

const NAMES = Object.keys(LIBXL_RECORD) as LibxlRecordName[];
const NAME_OF = new Map<number, LibxlRecordName>(NAMES.map((name) => [LIBXL_RECORD[name], name]));

/** The record's name; undefined for a type that the format doesn't define. */
export function libxlRecordName(type: number): LibxlRecordName | undefined {
  return NAME_OF.get(type);
}

/** Layout of each record's body. */
export const LIBXL_LAYOUT: Readonly<Record<LibxlRecordName, AnyLayout>> = {
  END: layouts.LIBXL_END,
  LIBXC_CONTEXT: layouts.LIBXC_CONTEXT,
  EMULATOR_XENSTORE_DATA: layouts.EMULATOR_XENSTORE_DATA,
  EMULATOR_CONTEXT: layouts.EMULATOR_CONTEXT,
  CHECKPOINT_END: layouts.CHECKPOINT_END,
  CHECKPOINT_STATE: layouts.CHECKPOINT_STATE,
};
