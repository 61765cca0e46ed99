import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Command } from '../link/plan.js';
import { hostAndPort, reachTarget } from './reach.js';

describe('a target', () => {
  it.each([
    ['b', 'b', 8002],
    ['b.example:9', 'b.example', 9],
    ['[::1]:9', '::1', 9],
    ['::1', '::1', 8002],
    ['10.0.0.1:8002', '10.0.0.1', 8002],
  ])('by TLS is %s', (text, host, port) => {
    expect(hostAndPort(text)).toEqual({ host, port });
  });

  it.each(['', ':1', 'b:0', 'b:65536'])("'%s' is none", (text) => {
    expect(() => hostAndPort(text)).toThrow('is no host and port');
  });

  // sh shows what reaches the command behind it: its arguments, one a line.
  const shown = ({ command, args }: Command) => {
    const directory = mkdtempSync(join(tmpdir(), 'xl-reach-'));
    try {
      writeFileSync(join(directory, 'ssh'), '#!/bin/sh\nprintf "%s\\n" "$@"\n', { mode: 0o700 });
      const env = { ...process.env, PATH: `${directory}:${process.env.PATH}` };
      const { stdout } = spawnSync(command, args, { cwd: directory, env, encoding: 'utf8' });
      return { words: stdout.split('\n').slice(0, -1), files: readdirSync(directory) };
    } finally {
      rmSync(directory, { recursive: true });
    }
  };

  it.each([
    ';touch x',
    '$(touch x)',
    '`touch x`',
    "b'; touch x; '",
    'b && touch x',
    'b|touch x',
    '"$@"',
    'a b',
    '*',
    '~',
  ])('called %j is one word for ssh, and nothing for a shell', (name) => {
    const { words, files } = shown(reachTarget({ host: name })(['list']));
    expect(words).toEqual([name, 'xl', 'list']);
    expect(files).toEqual(['ssh']);
    const own = shown(reachTarget({ host: name, sshCommand: 'ssh -p 23' })(['list']));
    expect(own.words).toEqual(['-p', '23', name, 'xl', 'list']);
    expect(own.files).toEqual(['ssh']);
  });

  it.each(['-oProxyCommand=touch x', '-b', '--', ''])('called %j would be an option of ssh, or nothing', (name) => {
    expect(() => reachTarget({ host: name })).toThrow('is no host');
    expect(() => reachTarget({ host: name, sshCommand: 'ssh' })).toThrow('is no host');
  });

  it('is this machine without ssh', () => {
    expect(reachTarget({ host: 'localhost' })(['list'])).toEqual({ command: 'xl', args: ['list'] });
    const xl = { command: 'node', args: ['xl.js'] };
    expect(reachTarget({ host: '::1', xl })(['list'])).toEqual({ command: 'node', args: ['xl.js', 'list'] });
  });

  it('is a script for sh where it is meant to be, as in stock', () => {
    const { words, files } = shown(reachTarget({ host: 'touch x; ssh there', sshCommand: '' })(['migrate-receive']));
    expect(words).toEqual(['there']);
    expect(files).toEqual(['ssh', 'x']);
  });
});
