import { DecodeError } from './decode-error.js';

/** One xenstore node that a device model keeps for itself, relative to its own directory. */
export interface EmulatorXenstoreEntry {
  readonly path: string;
  readonly value: string;
}

/**
 * The nodes in an EMULATOR_XENSTORE_DATA record: path and value in turn, each ended by NUL.
 * @throws DecodeError when the last is not ended, or a path has no value
 */
export function decodeEmulatorXenstore(data: Uint8Array): EmulatorXenstoreEntry[] {
  if (data.length === 0) return [];
  if (data[data.length - 1] !== 0) {
    throw new DecodeError('EMULATOR_XENSTORE_DATA', 'the last string is not ended by NUL', data.length - 1);
  }
  const strings = UTF8.decode(data.subarray(0, -1)).split('\0');
  if (strings.length % 2 !== 0) {
    throw new DecodeError('EMULATOR_XENSTORE_DATA', `${strings.length} strings, the last path has no value`);
  }
  return Array.from({ length: strings.length / 2 }, (_, i) => ({
    path: strings[i * 2] ?? '',
    value: strings[i * 2 + 1] ?? '',
  }));
}

/** The bytes of such a record. @throws RangeError when a string holds NUL */
export function encodeEmulatorXenstore(entries: readonly EmulatorXenstoreEntry[]): Uint8Array {
  const strings = entries.flatMap(({ path, value }) => [path, value]);
  const withNul = strings.find((s) => s.includes('\0'));
  if (withNul !== undefined) throw new RangeError(`'${withNul}' holds a NUL`);
  return new TextEncoder().encode(strings.map((s) => `${s}\0`).join(''));
}

const UTF8 = new TextDecoder();
