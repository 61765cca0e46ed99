import { spawnSync } from 'node:child_process';
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ByteReader } from '../bytes/byte-reader.js';
import { fdSink } from './fd-sink.js';
import { fdSource } from './fd-source.js';
import { fileSource } from './file-source.js';

const ON_LINUX = process.platform === 'linux';
const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7) % 251);
let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fd-source-'));
  file = join(directory, 'file');
  writeFileSync(file, bytes);
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('a descriptor of a file', () => {
  it.runIf(ON_LINUX)('is read, and skipped through, from where it stands', async () => {
    const fd = openSync(file, 'r');
    try {
      readSync(fd, new Uint8Array(1000), 0, 1000, null);
      const reader = new ByteReader(fileSource(fd));
      expect(await reader.read(5)).toEqual(bytes.subarray(1000, 1005));
      await reader.skip(200_000);
      expect(await reader.read(5)).toEqual(bytes.subarray(201_005, 201_010));
      for (const name of [`/dev/fd/${fd}`, `/proc/self/fd/${fd}`]) {
        expect(await new ByteReader(fileSource(name)).read(3)).toEqual(bytes.subarray(1000, 1003));
      }
    } finally {
      closeSync(fd);
    }
  });

  it('by a name of its own is read from the start', async () => {
    const source = fileSource(file);
    expect(await new ByteReader(source).read(5)).toEqual(bytes.subarray(0, 5));
    await source.close?.();
  });

  it.runIf(ON_LINUX)('that is our standard input goes on where a shell has stopped', () => {
    const main = fileURLToPath(new URL('../../bin/xen-stream.js', import.meta.url));
    const golden = new URL('../../testdata/xen-4.17-hvm-live.wire.gz', import.meta.url);
    writeFileSync(file, Buffer.concat([Buffer.alloc(4096, 'x'), readFileSync(golden)]));
    const after = (name: string) => {
      const script = `{ head -c 4096 >/dev/null; exec '${process.execPath}' '${main}' verify ${name}; } < '${file}'`;
      const { stdout, stderr } = spawnSync('sh', ['-c', script], { encoding: 'utf8' });
      return `${stdout}${stderr}`;
    };
    const direct = spawnSync(process.execPath, [main, 'verify', fileURLToPath(golden)], { encoding: 'utf8' });
    const wanted = `${direct.stdout}${direct.stderr}`.replaceAll(fileURLToPath(golden), 'NAME');
    for (const name of ['-', '/dev/stdin']) expect(after(name).replaceAll(name, 'NAME')).toBe(wanted);
  });
});

/** Both ends of a named pipe, neither of which waits. */
function ends(): { read: number; write: number } {
  const path = join(directory, 'fifo');
  expect(spawnSync('mkfifo', [path]).status).toBe(0);
  const read = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return { read, write: openSync(path, constants.O_WRONLY | constants.O_NONBLOCK) };
}

describe('a descriptor that does not wait', () => {
  it('is asked when it is said to be ready', async () => {
    const { read, write } = ends();
    const ready = vi.fn(async () => {
      writeSync(write, 'hello\n');
    });
    expect(await fdSource(read, ready).read(new Uint8Array(10))).toBe(6);
    expect(ready.mock.calls).toEqual([[read, 'read']]);
    closeSync(read);
    closeSync(write);
  });

  it('is asked ever more seldom where nobody says so, and nothing of it is lost', async () => {
    const { read, write } = ends();
    const into = new Uint8Array(bytes.length);
    const reading = new ByteReader(fdSource(read)).readInto([into]);
    await setTimeout(100);
    await fdSink(write).writev([bytes.subarray(0, 150_000), bytes.subarray(150_000)]);
    await reading;
    expect(Buffer.compare(into, bytes)).toBe(0);
    closeSync(read);
    closeSync(write);
  });

  it.runIf(ON_LINUX)('and is a pipe waits once it is opened anew', async () => {
    // A pipe's both openings, of which a name leads to one that does not wait; it has no name of its own.
    const main = fileURLToPath(new URL('../../bin/xen-stream.js', import.meta.url));
    const golden = fileURLToPath(new URL('../../testdata/xen-4.17-hvm-live.wire.gz', import.meta.url));
    // A Node that reads a pipe as a stream sets it so, and leaves it so where it is killed.
    const spoil = "process.stdin.on('data', () => {}); setTimeout(() => process.kill(process.pid, 'SIGKILL'), 150)";
    const script = `{ sleep 0.8; cat '${golden}'; } | { "$0" -e "${spoil}"; exec "$0" '${main}' verify -; }`;
    const { stdout, stderr } = spawnSync('sh', ['-c', script, process.execPath], { encoding: 'utf8' });
    expect(`${stdout}${stderr}`).toContain('valid (xl save file, 1029 libxc records');
  });
});
