import { closeSync, fstatSync, openSync, read, readFileSync, readSync } from 'node:fs';
import { promisify } from 'node:util';
import type { ByteSource } from '../bytes/byte-source.js';
import { FdSource } from './fd-source.js';
import { kindOfFile } from './kind-of-file.js';

const readAsync = promisify(read);

/** Names of this process's own descriptors. */
const OWN_DESCRIPTOR = /^\/(?:dev|proc\/self)\/fd\/(\d+)$/;

/**
 * A file by name or by descriptor. Regular files are skipped through; anything else is read. What is open already, also
 * under a name as /dev/stdin, is read from where it stands: somebody may have read its beginning.
 */
export function fileSource(from: string | number): ByteSource {
  if (typeof from === 'number') return inheritedSource(from);
  const inherited = descriptorCalled(from);
  if (inherited !== undefined) return inheritedSource(inherited);
  const fd = openSync(from, 'r');
  return kindOfFile(fd).isFile() ? new FileSource(fd, true, 0) : new FdSource(fd, true);
}

function inheritedSource(fd: number): ByteSource {
  const at = kindOfFile(fd).isFile() ? positionOf(fd) : undefined;
  return at === undefined ? new FdSource(fd, false) : new FileSource(fd, false, at);
}

/** The descriptor of this process that a file's name stands for. */
export function descriptorCalled(name: string): number | undefined {
  if (name === '/dev/stdin') return 0;
  const digits = OWN_DESCRIPTOR.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** Node can't ask for it; Linux tells. undefined: it is not known, and the file can only be read. */
function positionOf(fd: number): number | undefined {
  try {
    const text = /^pos:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1];
    return text === undefined ? undefined : Number(text);
  } catch {
    return undefined;
  }
}

/** A regular file. Its reads are synchronous: they come from the page cache in less time than a promise takes. */
class FileSource implements ByteSource {
  constructor(
    private readonly fd: number,
    private readonly owned: boolean,
    private at: number,
  ) {}

  async read(into: Uint8Array): Promise<number> {
    const { bytesRead } = await readAsync(this.fd, into, 0, into.length, this.at);
    this.at += bytesRead;
    return bytesRead;
  }

  readSync(into: Uint8Array): number {
    const got = readSync(this.fd, into, 0, into.length, this.at);
    this.at += got;
    return got;
  }

  async skip(n: number): Promise<number> {
    return this.skipSync(n);
  }

  skipSync(n: number): number {
    // The size is asked for each time: the file may still be growing.
    const skipped = Math.max(0, Math.min(n, fstatSync(this.fd).size - this.at));
    this.at += skipped;
    return skipped;
  }

  async close(): Promise<void> {
    if (this.owned) closeSync(this.fd);
  }
}
