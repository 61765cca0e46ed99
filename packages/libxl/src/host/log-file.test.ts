import { closeSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openLogFile } from './log-file.js';
import type { Host } from './open-host.js';

it('a log is private, and what it was before the last 256 KiB goes', () => {
  const stateDirectory = mkdtempSync(join(tmpdir(), 'log-'));
  const host = { stateDirectory } as Host;
  const write = (text: string) => {
    const fd = openLogFile(host, 'guardian.log');
    writeSync(fd, text);
    closeSync(fd);
  };
  try {
    write('first');
    write('second');
    expect(readFileSync(join(stateDirectory, 'guardian.log'), 'utf8')).toBe('firstsecond');
    for (let i = 0; i < 50; i++) write(`${i}`.padEnd(50_000, ' '));
    const names = readdirSync(stateDirectory).sort();
    expect(names).toEqual(['guardian.log', 'guardian.log.old']);
    for (const name of names) {
      const { size, mode } = statSync(join(stateDirectory, name));
      expect(size).toBeLessThan(320 * 1024);
      expect(mode & 0o777).toBe(0o600);
    }
    const whole = names.map((name) => readFileSync(join(stateDirectory, name), 'utf8')).join('');
    expect(whole).toContain('49 ');
    expect(whole).not.toContain('first');
  } finally {
    rmSync(stateDirectory, { recursive: true });
  }
});
