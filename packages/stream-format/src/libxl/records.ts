import type { RecordPosition } from '../libxc/records.js';

export interface LibxlHeaders {
  endian: 'little' | 'big';
  /** Converted from a legacy stream. */
  legacy: boolean;
}

/** A record of the libxl stream. */
export type PlainLibxlRecord =
  | { type: 'END' | 'LIBXC_CONTEXT' | 'CHECKPOINT_END' }
  | { type: 'EMULATOR_XENSTORE_DATA' | 'EMULATOR_CONTEXT'; emulatorId: number; index: number; data: Uint8Array }
  | { type: 'CHECKPOINT_STATE'; id: number }
  | { type: 'UNKNOWN'; number: number; optional: boolean; data: Uint8Array };

/** A record as it is read. `recordIndex`: `index` is the emulator's where there is one. */
export type LibxlRecord = PlainLibxlRecord & Omit<RecordPosition, 'index'> & { recordIndex: number };
