import { ByteReader } from '../bytes/byte-reader.js';
import { byteSource } from '../bytes/byte-source.js';
import { streamEvents } from '../stream/events.js';

/** Offsets of all bytes of magics, versions, record types and lengths in a valid stream. */
export async function vitalOffsets(stream: Uint8Array): Promise<number[]> {
  const offsets: number[] = [];
  const add = (start: number, length: number) => offsets.push(...Array.from({ length }, (_, i) => start + i));
  for await (const event of streamEvents(new ByteReader(byteSource(stream)))) {
    if (event.kind === 'xl-header') add(event.offset, 32);
    if (event.kind === 'libxl-header') add(event.offset, 12);
    if (event.kind === 'libxc-header') add(event.offset, 16);
    if (event.kind === 'libxl-record' || event.kind === 'libxc-record') add(event.record.offset, 8);
    if (event.kind === 'trailing') add(event.offset, event.data.length);
  }
  return offsets;
}

/**
 * The format says an emulator's context nowhere but in its length, and QEMU's may end with zeros, as padding does: a
 * length that differs within the padding can't be told from the right one.
 */
export async function lowLengthOfEmulatorContext(stream: Uint8Array): Promise<number | undefined> {
  for await (const event of streamEvents(new ByteReader(byteSource(stream)))) {
    if (event.kind === 'libxl-record' && event.record.type === 'EMULATOR_CONTEXT') return event.record.offset + 4;
  }
  return undefined;
}
