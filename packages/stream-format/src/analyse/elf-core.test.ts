import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ELF_PAGES_AT, elfCore } from './elf-core.js';

const READELF = hasReadelf() ? '' : ' (skipped: no readelf on this machine)';

function hasReadelf(): boolean {
  try {
    execFileSync('readelf', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** The file that the parts make, without its pages. */
function assemble({ header, tail, tailAt }: ReturnType<typeof elfCore>): Uint8Array {
  const file = new Uint8Array(tailAt + tail.reduce((sum, part) => sum + part.length, 0));
  file.set(header);
  let at = tailAt;
  for (const part of tail) {
    file.set(part, at);
    at += part.length;
  }
  return file;
}

function readelf(file: Uint8Array, ...options: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'xen-stream-elf-'));
  try {
    writeFileSync(join(folder, 'core'), file);
    return execFileSync('readelf', [...options, join(folder, 'core')], {
      encoding: 'utf8',
      maxBuffer: 64 * 2 ** 20,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('elfCore', () => {
  it.skipIf(READELF !== '')(`has a segment for each run, where its pages stand${READELF}`, () => {
    const runs = [
      { start: 0, count: 160 },
      { start: 0x100, count: 2 },
    ];
    const shown = readelf(assemble(elfCore(runs, [])), '-hlW');
    expect(shown).toMatch(/Type: +CORE/);
    expect(shown).toMatch(/LOAD +0x0*1000 0x0+ 0x0+ 0x0*a0000 0x0*a0000 RWE 0x1000/);
    expect(shown).toMatch(/LOAD +0x0*101000 0x0*100000 0x0*100000 0x0*2000 0x0*2000 RWE 0x1000/);
    expect(ELF_PAGES_AT).toBe(0x1000);
  });

  it.skipIf(READELF !== '')(`counts more runs than its header has room for${READELF}`, () => {
    const runs = Array.from({ length: 70_000 }, (_, i) => ({ start: i * 2, count: 1 }));
    const shown = readelf(assemble(elfCore(runs, [])).slice(), '-hlW');
    expect(shown).toMatch(/Number of program headers: +65535 \(70001\)/);
    expect(shown.match(/^ +LOAD/gm)).toHaveLength(70_000);
  });
});
