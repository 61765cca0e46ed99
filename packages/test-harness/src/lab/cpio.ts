import { lstatSync, readdirSync, readFileSync, readlinkSync, type Stats } from 'node:fs';
import { join, relative } from 'node:path';

/**
 * A folder as a cpio archive in the format that Linux takes for an initial RAM disk ('newc': kernel documentation,
 * driver-api/early-userspace/buffer-format). Every file belongs to root.
 */
export function cpioOf(folder: string): Buffer {
  const parts: Buffer[] = [];
  let inode = 1;
  const add = (name: string, mode: number, body: Buffer) => {
    parts.push(
      header(name, inode++, mode, body.length),
      padded(Buffer.from(`${name}\0`), HEADER_SIZE),
      padded(body, 0),
    );
  };
  for (const path of walk(folder)) {
    const info = lstatSync(path);
    add(relative(folder, path), info.mode, bodyOf(path, info));
  }
  add('TRAILER!!!', 0, Buffer.alloc(0));
  return Buffer.concat(parts);
}

const HEADER_SIZE = 110;

function header(name: string, inode: number, mode: number, size: number): Buffer {
  const fields = [inode, mode, 0, 0, 1, 0, size, 0, 0, 0, 0, Buffer.byteLength(name) + 1, 0];
  return Buffer.from(`070701${fields.map((n) => n.toString(16).padStart(8, '0')).join('')}`);
}

/** Names (after the header) and bodies end on multiples of 4. */
function padded(bytes: Buffer, before: number): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((4 - ((before + bytes.length) % 4)) % 4)]);
}

function* walk(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    yield path;
    if (entry.isDirectory()) yield* walk(path);
  }
}

function bodyOf(path: string, info: Stats): Buffer {
  if (info.isSymbolicLink()) return Buffer.from(readlinkSync(path));
  return info.isFile() ? readFileSync(path) : Buffer.alloc(0);
}
