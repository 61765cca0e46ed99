import type { ByteReader } from '../bytes/byte-reader.js';
import { StreamError } from '../errors/stream-error.js';

/** Xen has no document for what `xl migrate` says around the stream: tools/xl defines it. */
export const WIRE_SPEC = 'xl.h, migration messages';

const encode = (text: string) => new TextEncoder().encode(text);

/**
 * What the two ends of `xl migrate` tell each other, byte for byte; all but the banner end with a NUL.
 *
 *     receiver  banner                        sender
 *               <- save header, libxl stream
 *               ready ->
 *               <- permissionToGo
 *               report, status byte ->
 *               permissionToGo ->             only where the status is not 0: the sender resumes
 */
export const MIGRATION_MESSAGES = {
  banner: encode('xl migration receiver ready, send binary domain data.\n'),
  ready: encode('domain received, ready to unpause\0'),
  permissionToGo: encode('domain is yours, you are cleared to unpause\0'),
  report: encode('my copy unpause results are as follows\0'),
} as const;

export type MigrationMessage = keyof typeof MIGRATION_MESSAGES;

/**
 * Reads the message that must come next.
 * @throws StreamError BAD_MAGIC where something else comes, TRUNCATED
 */
export async function readMigrationMessage(reader: ByteReader, message: MigrationMessage): Promise<void> {
  reader.place = { layer: 'wire', spec: WIRE_SPEC };
  const start = reader.offset;
  const wanted = MIGRATION_MESSAGES[message];
  const given = await reader.read(wanted.length);
  const at = wanted.findIndex((byte, i) => byte !== given[i]);
  if (at < 0) return;
  throw new StreamError(`not the ${message} message`, {
    ...reader.place,
    code: 'BAD_MAGIC',
    rule: `wire-${message}`,
    offset: start + at,
  });
}

/** The receiver's report: 0 where its copy runs. @throws StreamError */
export async function readMigrationReport(reader: ByteReader): Promise<number> {
  await readMigrationMessage(reader, 'report');
  return (await reader.read(1))[0] ?? 0;
}

/** The receiver's report as bytes. */
export function encodeMigrationReport(status: number): Uint8Array {
  return new Uint8Array([...MIGRATION_MESSAGES.report, status]);
}
