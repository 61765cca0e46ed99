import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { workspacePackages } from '../workspace.js';
import { promisedAt } from './at-commit.js';

let repository: string;

function git(...args: string[]): void {
  const who = ['-c', 'user.name=test', '-c', 'user.email=test@example.org'];
  execFileSync('git', [...who, ...args], { cwd: repository, stdio: 'ignore' });
}

function write(path: string, text: string): void {
  mkdirSync(join(repository, path, '..'), { recursive: true });
  writeFileSync(join(repository, path), text);
}

beforeAll(() => {
  repository = mkdtempSync(join(tmpdir(), 'promised-'));
  git('init');
  write('packages/base/package.json', '{ "name": "@a/base", "version": "0.1.0" }');
  write('packages/base/api/index.d.ts', 'export const a: 1;\n');
  write('packages/base/api/released/index.d.ts', 'export const older: 1;\n');
  git('add', '.');
  git('commit', '-m', 'first');
  git('tag', 'first');
  write('packages/base/package.json', '{ "name": "@a/base", "version": "0.2.0" }');
  write('packages/base/api/index.d.ts', 'export const a: 2;\n');
  write('packages/later/package.json', '{ "name": "@a/later", "version": "0.0.0" }');
});
afterAll(() => rmSync(repository, { recursive: true, force: true }));

it('tells what a package promised at a commit, whatever the folder holds now', () => {
  const [base] = workspacePackages(repository);
  expect(promisedAt(base!, 'first', repository)).toEqual({
    version: '0.1.0',
    reports: new Map([['index', 'export const a: 1;\n']]),
  });
});

it('knows that a package was not there yet', () => {
  const later = workspacePackages(repository).find(({ name }) => name === 'later');
  expect(promisedAt(later!, 'first', repository)).toBeUndefined();
});

it('fails where there is no such commit', () => {
  expect(() => promisedAt(workspacePackages(repository)[0]!, 'nowhere', repository)).toThrow('nowhere');
});
