import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { MatrixReport } from '../report/index.js';
import { repositoryRoot } from '../repository.js';
import { packagesWithBrokenXl } from './testing/broken-xl.js';

const PROGRAM = `${repositoryRoot}packages/test-harness/bin/xen-test-matrix.js`;
const folder = mkdtempSync(join(tmpdir(), 'matrix-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly said: string;
  readonly report: MatrixReport;
}

function matrix(...args: string[]): Ended {
  const reports = join(folder, 'report');
  const words = [PROGRAM, '--report', reports, ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' });
  const report = JSON.parse(readFileSync(join(reports, 'matrix.json'), 'utf8')) as MatrixReport;
  return { code: status, said: `${stdout}${stderr}`, report };
}

describe('xen-test-matrix', () => {
  it('finds that every operation holds, and a failure of it (the quick choice, one guest)', {
    timeout: 240_000,
  }, () => {
    const { code, said, report } = matrix('--quick', '--guest', 'pv64', '--seed', '5');
    expect(said).not.toContain('FAILED');
    expect(code).toBe(0);
    expect(new Set(report.results.map(({ outcome }) => outcome))).toEqual(new Set(['ok']));
    expect(report.results.length).toBeGreaterThan(10);
    expect(report).toMatchObject({ host: 'embedded', seed: 5 });
  });

  it('finds what a change has broken: says how to see it again, and keeps the stream', { timeout: 120_000 }, () => {
    const packages = packagesWithBrokenXl(join(folder, 'broken'), 'restore');
    const only = ['--guest', 'pv64', '--op', 'save', '--variant', 'fault-free'];
    const { code, said, report } = matrix(...only, '--seed', '9', '--packages', packages);
    expect(code).toBe(1);
    const [result] = report.results;
    expect(result).toMatchObject({ outcome: 'failed', why: expect.stringContaining('xl: this one can not') });
    expect(result?.log).toMatch(/\$ xl save vm .*\$ xl restore -e .*xl: this one can not/s);
    expect(result?.command).toBe(
      `xen-test-matrix --guest pv64 --op save --variant fault-free --seed 9 --packages ${packages}`,
    );
    expect(said).toContain(`again: ${result?.command}`);
    const [kept = ''] = result?.kept ?? [];
    expect(readdirSync(kept)).toEqual(['vm.save']);
    expect(readFileSync(join(folder, 'report/matrix.html'), 'utf8')).toContain(kept);
    expect(existsSync(join(folder, 'report/matrix.xml'))).toBe(true);
  });

  it('says nothing of a reader that has heard enough', () => {
    // sh: the list is longer than what is read of it.
    const { stdout, stderr } = spawnSync('sh', ['-c', '"$0" "$1" --list | head -n 1', process.execPath, PROGRAM], {
      encoding: 'utf8',
    });
    expect([stdout, stderr]).toEqual(['pv32: save: fault-free\n', '']);
  });

  it('says that packages are missing', () => {
    mkdirSync(join(folder, 'empty'));
    const words = [PROGRAM, '--packages', join(folder, 'empty')];
    const { status, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' });
    expect([status, stderr]).toEqual([1, expect.stringContaining('@xen-migration/xl-cli is not installed')]);
  });
});
