import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { MatrixReport } from '../report/index.js';
import { repositoryRoot } from '../repository.js';

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

/** A folder in which the packages are installed, with an xl that can't restore. */
function packagesWithBrokenXl(): string {
  const scope = join(folder, 'broken/node_modules/@xen-migration');
  const xlCli = join(scope, 'xl-cli');
  for (const name of ['bin', 'dist']) mkdirSync(join(xlCli, name), { recursive: true });
  symlinkSync(`${repositoryRoot}packages/libxl`, join(scope, 'libxl'));
  const manifest = { name: '@xen-migration/xl-cli', type: 'module', bin: { xl: './bin/xl.js' } };
  writeFileSync(join(xlCli, 'package.json'), JSON.stringify(manifest));
  const script = `
    if (process.argv[2] === 'restore') { console.error('xl: this one can not'); process.exit(1); }
    await import(${JSON.stringify(`${repositoryRoot}packages/xl-cli/bin/xl.js`)});`;
  writeFileSync(join(xlCli, 'bin/xl.js'), script);
  return join(folder, 'broken');
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
    const packages = packagesWithBrokenXl();
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

  it('says that packages are missing', () => {
    mkdirSync(join(folder, 'empty'));
    const words = [PROGRAM, '--packages', join(folder, 'empty')];
    const { status, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' });
    expect([status, stderr]).toEqual([1, expect.stringContaining('@xen-migration/xl-cli is not installed')]);
  });
});
