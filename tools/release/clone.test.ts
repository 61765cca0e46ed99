import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cloneRepository } from './clone.js';

let folder: string;
let repository: string;

function git(at: string, ...args: string[]): string {
  const who = ['-c', 'user.name=test', '-c', 'user.email=test@example.org'];
  return execFileSync('git', [...who, ...args], { cwd: at, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'clone-'));
  repository = join(folder, 'repository');
  mkdirSync(repository);
  git(repository, 'init');
  for (const name of ['kept', 'changed', 'staged', 'removed']) writeFileSync(join(repository, name), `${name}\n`);
  writeFileSync(join(repository, '.gitignore'), 'ignored\n');
  git(repository, 'add', '.');
  git(repository, 'commit', '-m', 'first');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('a clone of a clean folder has the same last commit', async () => {
  const to = join(folder, 'clean');
  await cloneRepository(to, repository);
  expect(git(to, 'rev-parse', 'HEAD')).toBe(git(repository, 'rev-parse', 'HEAD'));
});

it('a clone holds what the folder holds, and the folder stays as it is', async () => {
  writeFileSync(join(repository, 'changed'), 'otherwise\n');
  writeFileSync(join(repository, 'staged'), 'otherwise\n');
  git(repository, 'add', 'staged');
  rmSync(join(repository, 'removed'));
  mkdirSync(join(repository, 'deep'));
  writeFileSync(join(repository, 'deep/new'), 'new\n');
  writeFileSync(join(repository, 'ignored'), 'ignored\n');
  const before = git(repository, 'status', '--porcelain');

  const to = join(folder, 'dirty');
  await cloneRepository(to, repository);
  expect(git(to, 'ls-files').trim().split('\n')).toEqual(['.gitignore', 'changed', 'deep/new', 'kept', 'staged']);
  for (const name of ['changed', 'staged']) expect(readFileSync(join(to, name), 'utf8')).toBe('otherwise\n');
  expect(git(to, 'status', '--porcelain')).toBe('');
  expect(git(repository, 'status', '--porcelain')).toBe(before);
});
