import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { ByteReader, byteSource, streamEvents } from '@xen-migration/stream-format';
import type { Trial } from '../trial.js';

/** A type that no version of the format has, without the bit that would make it optional. */
const UNKNOWN_TYPE = 0x1234;

/** The file's beginning, cut off somewhere in its middle. @returns where */
export function truncated(trial: Trial, from: string, to: string): number {
  const size = statSync(from).size;
  const at = trial.choices.between(Math.floor(size / 20), size - 1);
  writeFileSync(to, readFileSync(from).subarray(0, at));
  trial.log(`[${to}: the first ${at} bytes of ${from}, which has ${size}]`);
  return at;
}

/** The file with one of its libxc records made one that nobody knows. @returns where that is */
export async function withUnknownRecord(trial: Trial, from: string, to: string): Promise<number> {
  const bytes = readFileSync(from);
  const offsets: number[] = [];
  for await (const event of streamEvents(new ByteReader(byteSource(bytes)))) {
    if (event.kind === 'libxc-record') offsets.push(event.record.offset);
  }
  const at = trial.choices.one(offsets);
  bytes.writeUInt32LE(UNKNOWN_TYPE, at);
  writeFileSync(to, bytes);
  trial.log(`[${to}: as ${from}, but the record at ${at} has the type ${UNKNOWN_TYPE}]`);
  return at;
}
