import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { endProcess } from './end.js';
import { decodeIdentity, encodeIdentity, isRunning, type ProcessIdentity } from './identity.js';
import { type LaunchOptions, launch } from './launch.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'launch-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const shell = (script: string, changes: Partial<LaunchOptions> = {}) =>
  launch({
    binary: '/bin/sh',
    arguments: ['-c', script],
    directory,
    log: join(directory, 'log'),
    record: async () => {},
    ...changes,
  });

describe('a launched process', () => {
  it('makes files for its own user alone, whatever the umask', async () => {
    const before = process.umask(0);
    try {
      const { ended } = await shell(`echo > ${join(directory, 'made')}`);
      expect(await ended).toBe('ended with status 0');
    } finally {
      process.umask(before);
    }
    expect(statSync(join(directory, 'made')).mode & 0o777).toBe(0o600);
    expect(statSync(join(directory, 'log')).mode & 0o777).toBe(0o600);
  });

  it('begins only when it is recorded', async () => {
    const mark = join(directory, 'mark');
    let recorded: ProcessIdentity | undefined;
    const { identity, ended } = await shell(`echo > ${mark}`, {
      record: async (seen) => {
        recorded = seen;
        await new Promise((resolve) => setTimeout(resolve, 50));
        expect(existsSync(mark)).toBe(false);
        expect(isRunning(seen)).toBe(true);
      },
    });
    expect(recorded).toEqual(identity);
    expect(await ended).toBe('ended with status 0');
    expect(existsSync(mark)).toBe(true);
    expect(isRunning(identity)).toBe(false);
  });

  it('does not begin where it can not be recorded', async () => {
    const mark = join(directory, 'mark');
    let recorded: ProcessIdentity | undefined;
    const record = async (seen: ProcessIdentity) => {
      recorded = seen;
      throw new Error('no room');
    };
    await expect(shell(`echo > ${mark}`, { record })).rejects.toThrow('no room');
    expect(recorded && isRunning(recorded)).toBe(false);
    expect(existsSync(mark)).toBe(false);
  });

  it('is the program itself, in a session of its own, with its descriptor, its log and its last words', async () => {
    const input = join(directory, 'input');
    writeFileSync(input, 'words\n');
    const file = await open(input);
    const script = 'read -r word <&3; echo "$word $(cut -d" " -f6 /proc/$$/stat) $$"; echo why >&2; exit 7';
    const { identity, ended } = await shell(script, { descriptor: file.fd });
    const [word, session, pid] = (await ended).replace('ended with status 7: ', '').split(/[ ;]+/);
    await file.close();
    expect(word).toBe('words');
    expect(Number(session)).toBe(identity.pid);
    expect(Number(pid)).toBe(identity.pid);
    expect(readFileSync(join(directory, 'log'), 'utf8')).toContain('why\n');
  });

  it.each(['exec sleep 600', 'trap "" TERM; while :; do sleep 0.05; done'])('is ended: %s', async (script) => {
    const { identity, ended } = await shell(script);
    expect(isRunning(identity)).toBe(true);
    await endProcess(identity);
    expect(isRunning(identity)).toBe(false);
    expect(await ended).toMatch(/^was killed by SIG(TERM|KILL)$/);
    await endProcess(identity);
  });

  it('is another one where only its number is the same', () => {
    const mine = decodeIdentity(encodeIdentity({ pid: process.pid, started: '1' }));
    expect(mine && isRunning(mine)).toBe(false);
    expect(decodeIdentity('')).toBeUndefined();
    expect(decodeIdentity('-1 5')).toBeUndefined();
  });
});
