import { formatHostDescription, type HostDescription, parseHostDescription } from '@xen-migration/libxl';
import {
  ByteReader,
  byteSource,
  encodeMigrationReport,
  MIGRATION_MESSAGES,
  readMigrationMessage,
  readMigrationReport,
  StreamError,
} from '@xen-migration/stream-format';
import type { Choices } from '../../random.js';
import { piecesOf } from '../chunks.js';
import { type Outcome, refusal, type Sample, type Target } from '../target.js';
import { JSON_WORDS } from './json-words.js';

export const MIGRATION_MESSAGE: Target = {
  name: 'migration-messages',
  about: 'what a receiver says to the sender of xl migrate: banner, ready, report, permission',
  open: async () => ({ sample: async (random) => receiversWords(random), run: listen, async close() {} }),
};

export const HOST_DESCRIPTION: Target = {
  name: 'host-description',
  about: 'what a target says of itself (migrate-receive --capabilities): read again as the same',
  open: async () => ({ sample: async (random) => described(random), run: describe, async close() {} }),
};

function receiversWords(random: Choices): Sample {
  const { banner, ready, permissionToGo } = MIGRATION_MESSAGES;
  const status = random.happens(0.5) ? 0 : random.between(1, 255);
  return {
    parts: [banner, ready, encodeMigrationReport(status), ...(status === 0 ? [] : [permissionToGo])],
    valid: true,
    words: [
      '\0',
      '\n',
      'domain is yours',
      ...Object.values(MIGRATION_MESSAGES).map((it) => Buffer.from(it).toString()),
    ],
  };
}

/** In the order of the sender's state machine. */
async function listen(input: Uint8Array): Promise<Outcome> {
  const reader = new ByteReader(byteSource(piecesOf(input)), { bufferSize: 64 });
  try {
    await readMigrationMessage(reader, 'banner');
    await readMigrationMessage(reader, 'ready');
    const status = await readMigrationReport(reader);
    if (!Number.isInteger(status) || status < 0 || status > 255) throw new Error(`a status of ${status}`);
    if (status !== 0) await readMigrationMessage(reader, 'permissionToGo');
  } catch (e) {
    if (e instanceof StreamError && !(e.offset >= 0 && e.offset <= input.length))
      throw new Error(`nowhere: ${e.message}`);
    return refusal(e, 'StreamError');
  }
  return 'accepted';
}

const WORDS = [...JSON_WORDS, '"toolstack":"xen-migration",'];

function described(random: Choices): Sample {
  const policy = {
    leaves: new Uint8Array(24 * random.between(0, 4)).fill(3),
    msrs: new Uint8Array(16 * random.between(0, 2)),
  };
  const description: HostDescription = {
    toolstack: 'xen-migration',
    version: '1.0.0',
    hostname: 'host',
    link: { encodings: ['zstd'], maxStreams: random.between(1, 16) },
    xen: { major: 4, minor: 17, extra: '.5', capabilities: 'xen-3.0-x86_64 hvm-3.0-x86_64' },
    cpus: random.between(1, 64),
    totalMemoryKib: 2 ** 24,
    freeMemoryKib: random.between(0, 2 ** 24),
    hostId: '0123456789abcdef0123456789abcdef',
    bootId: '01234567-89ab-cdef-0123-456789abcdef',
    files: random.happens(0.5) ? [] : [{ path: '/x', found: { kind: 'file', size: 5, inode: 6, fileSystem: 7 } }],
    names: ['Domain-0', 'guest'],
    cpuPolicies: { pv: policy, hvm: policy },
  };
  const parts = formatHostDescription(description).split(/(?<=[,{[])/);
  return { parts: parts.map((part) => Buffer.from(part)), valid: true, words: WORDS };
}

async function describe(input: Uint8Array): Promise<Outcome> {
  let read: HostDescription;
  try {
    read = parseHostDescription(Buffer.from(input).toString());
  } catch (e) {
    return refusal(e, 'LibxlError');
  }
  const written = formatHostDescription(read);
  if (formatHostDescription(parseHostDescription(written)) !== written)
    throw new Error('written again it is read as another');
  return 'accepted';
}
