import { descriptorSource } from '@xen-migration/libxc';
import {
  ByteReader,
  type ByteSource,
  MIGRATION_MESSAGES,
  type MigrationMessage,
  readMigrationMessage,
} from '@xen-migration/stream-format';
import { textOf } from '../errors.js';
import { GUARDIAN_FD, type GuardianMessage } from './plan.js';

/** Reads one message of the peer's and nothing beyond it. */
export async function hearPeer(message: MigrationMessage): Promise<GuardianMessage> {
  try {
    const only = limited(descriptorSource(GUARDIAN_FD.fromPeer), MIGRATION_MESSAGES[message].length);
    await readMigrationMessage(new ByteReader(only), message);
    return { kind: 'heard' };
  } catch (e) {
    return { kind: 'heard', why: textOf(e) };
  }
}

/** The first bytes of a source, then its end. */
export function limited(source: ByteSource, bytes: number): ByteSource {
  let left = bytes;
  return {
    async read(into) {
      if (left === 0) return 0;
      const got = await source.read(into.subarray(0, left));
      left -= got;
      return got;
    },
  };
}
