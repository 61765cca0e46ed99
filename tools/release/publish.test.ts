import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { root, workspacePackages } from '../workspace.js';
import { nameRepository, publishToNpm, refusals } from './publish.js';

const ci = { GITHUB_ACTIONS: 'true', ACTIONS_ID_TOKEN_REQUEST_URL: 'https://ci.example/identity', NPM_TOKEN: 'npm_x' };

describe('a release to npm', () => {
  it('is made where CI gives identity and token, and no changeset waits', () => {
    expect(refusals(ci, [])).toEqual([]);
  });

  it.each([
    ['outside of CI', {}, [], 'This is not CI.'],
    ['without the right to an identity', { ...ci, ACTIONS_ID_TOKEN_REQUEST_URL: undefined }, [], "'id-token: write'"],
    ['without a token', { ...ci, NPM_TOKEN: '' }, [], 'NPM_TOKEN'],
    [
      'while changesets wait',
      ci,
      ['@a/b'],
      'Changesets wait for their versions (npm run release -- --versions): @a/b.',
    ],
  ])('is refused %s', (_where, env, unreleased, text) => {
    expect(refusals(env, unreleased).join('\n')).toContain(text);
  });

  it('says so and starts nothing', async () => {
    const said = vi.spyOn(console, 'error').mockImplementation(() => {});
    expect(await publishToNpm(root, {})).toBe(false);
    expect(said.mock.calls.flat().join('\n')).toContain('npm run release -- --dry-run');
    said.mockRestore();
  });
});

describe('the name of the repository', () => {
  let at: string;
  const manifestOf = (name: string) => join(at, 'packages', name, 'package.json');

  beforeEach(() => {
    at = mkdtempSync(join(tmpdir(), 'repository-'));
    for (const name of ['silent', 'named']) mkdirSync(join(at, 'packages', name), { recursive: true });
    writeFileSync(manifestOf('silent'), '{ "name": "@a/silent", "version": "1.0.0" }');
    writeFileSync(manifestOf('named'), '{ "name": "@a/named", "version": "1.0.0", "repository": "somewhere" }');
  });
  afterEach(() => rmSync(at, { recursive: true, force: true }));

  it('is what CI says, where a manifest says nothing', () => {
    const env = { GITHUB_SERVER_URL: 'https://github.com', GITHUB_REPOSITORY: 'who/what' };
    nameRepository(workspacePackages(at), env);
    const repositoryOf = (name: string) => JSON.parse(readFileSync(manifestOf(name), 'utf8')).repository;
    expect(repositoryOf('silent')).toEqual({
      type: 'git',
      url: 'git+https://github.com/who/what.git',
      directory: 'packages/silent',
    });
    expect(repositoryOf('named')).toBe('somewhere');
  });
});
