import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CommandSpec } from '../command.js';
import { COMMANDS } from '../commands/index.js';
import { bashCompletion } from './bash.js';
import { zshCompletion } from './zsh.js';

const directory = mkdtempSync(join(tmpdir(), 'xl-completion-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

let specs: CommandSpec[];
beforeAll(async () => {
  specs = await Promise.all(Object.values(COMMANDS).map(async (load) => (await load()).spec));
  writeFileSync(join(directory, 'bash'), bashCompletion(specs));
  writeFileSync(join(directory, '_xl'), zshCompletion(specs));
  // A host with two domains.
  writeFileSync(join(directory, 'xl'), '#!/bin/sh\nprintf "Name ID\\nDomain-0 0\\nweb 1\\nworker 2\\n"\n');
  chmodSync(join(directory, 'xl'), 0o755);
});

const has = (shell: string) => spawnSync(shell, ['-c', 'exit 0']).status === 0;

/** What bash offers for the last word. */
function completed(...words: string[]): string[] {
  const script =
    `source '${join(directory, 'bash')}'; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); compopt() { :; }; ` +
    `cd /; _xl; printf "%s\\n" "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync('bash', ['-c', script, 'bash', 'xl', ...words], {
    encoding: 'utf8',
    env: { ...process.env, PATH: `${directory}:${process.env.PATH}` },
  });
  expect(stderr).toBe('');
  return stdout.split('\n').filter((word) => word !== '');
}

describe.skipIf(!has('bash'))('in bash', () => {
  it('completes commands', () => {
    expect(completed('mig')).toEqual(['migrate']);
    expect(completed('')).toEqual(expect.arrayContaining(['help', 'create', 'evacuate', 'completion']));
    expect(completed('')).not.toContain('migrate-receive');
    expect(completed('-v', 'help', 'resto')).toEqual(['restore']);
  });

  it('completes options, domains and files', () => {
    expect(completed('migrate', '--str')).toEqual(['--streams=']);
    expect(completed('migrate', '--c')).toEqual(['--check', '--compress']);
    expect(completed('pause', 'w')).toEqual(['web', 'worker']);
    expect(completed('evacuate', '--only', '=', 'wo')).toEqual(['worker']);
    expect(completed('save', 'web', 'et')).toEqual(['etc']);
    expect(completed('migrate', '-C', 'us')).toEqual(['usr']);
    expect(completed('migrate', '--streams', '')).toEqual([]);
  });
});

describe('in zsh', () => {
  it('has every command and every option with its words', () => {
    const text = zshCompletion(specs);
    for (const { name, options } of specs.filter(({ name }) => name !== 'migrate-receive')) {
      expect(text).toContain(`        ${name}) _arguments `);
      for (const { long, hidden } of Object.values(options))
        if (long !== undefined && !hidden) expect(text).toContain(`'--${long}`);
    }
  });

  it.skipIf(!has('zsh'))('is a script that zsh can read (needs zsh)', () => {
    expect(spawnSync('zsh', ['-n', join(directory, '_xl')], { encoding: 'utf8' })).toMatchObject({
      status: 0,
      stderr: '',
    });
  });
});
