import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fdSink } from './fd-sink.js';
import { createOutput, removeUnfinished } from './output-file.js';

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'output-file-'));
  path = join(directory, 'file');
});
afterEach(() => rmSync(directory, { recursive: true }));

const BYTES = Uint8Array.of(1, 2, 3);

describe('an output file', () => {
  it('appears when it is committed, whole, for its owner alone', async () => {
    const file = await createOutput(path);
    await fdSink(file.fd).writev([BYTES]);
    expect(existsSync(path)).toBe(false);
    await file.commit();
    expect(new Uint8Array(readFileSync(path))).toEqual(BYTES);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(directory)).toEqual(['file']);
    await file.abandon();
    expect(existsSync(path)).toBe(true);
  });

  it('that is abandoned leaves what was there as it was', async () => {
    writeFileSync(path, 'older');
    const file = await createOutput(path, { mode: 0o644 });
    await fdSink(file.fd).writev([BYTES]);
    await file.abandon();
    expect(readFileSync(path, 'utf8')).toBe('older');
    expect(readdirSync(directory)).toEqual(['file']);
  });

  it('tells its temporary name before that is there, and when all is on the disk', async () => {
    const seen: (string | readonly string[])[] = [];
    const file = await createOutput(path, {
      onTemporary: (temporary) => seen.push(temporary, readdirSync(directory)),
      beforeAppearing: () => seen.push(readdirSync(directory)),
    });
    await file.commit();
    const [temporary, ...folders] = seen;
    expect(temporary).toMatch(/\/\.file\.\d+-\d+\.part$/);
    expect(folders).toEqual([[], [(temporary as string).slice(directory.length + 1)]]);
  });

  it('goes to where a symbolic link points, and the link stays', async () => {
    const link = join(directory, 'link');
    writeFileSync(path, 'older');
    symlinkSync(path, link);
    const file = await createOutput(link);
    await fdSink(file.fd).writev([BYTES]);
    await file.commit();
    expect(readFileSync(path)).toEqual(Buffer.from(BYTES));
    expect(readdirSync(directory).toSorted()).toEqual(['file', 'link']);
  });

  it('a named pipe is written to as it is, and stays one', async () => {
    execFileSync('mkfifo', [path]);
    const told: string[] = [];
    const reading = readFile(path);
    const file = await createOutput(path, { onTemporary: (name) => told.push(name) });
    await fdSink(file.fd).writev([BYTES]);
    await file.commit();
    expect(await reading).toEqual(Buffer.from(BYTES));
    expect(told).toEqual([]);
    expect(statSync(path).isFIFO()).toBe(true);
  });

  it('that is unfinished goes with a process that dies of a signal', async () => {
    await createOutput(path);
    expect(readdirSync(directory)).toHaveLength(1);
    removeUnfinished();
    expect(readdirSync(directory)).toEqual([]);
  });
});
