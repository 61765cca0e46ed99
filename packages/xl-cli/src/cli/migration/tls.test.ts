import { describe, expect, it } from 'vitest';
import { receiverFor } from './tls.js';
import { hostAndPort, reachTarget } from './transport.js';

const ID = '0123456789abcdef0123456789abcdef';

describe('a request of a sender by TLS', () => {
  it.each([
    [
      ['migrate-receive', '-e'],
      ['migrate-receive', '-e'],
    ],
    [
      ['-t', '-vv', 'migrate-receive', '-ep', '-d'],
      ['-t', '-vv', 'migrate-receive', '-e', '-d', '-p'],
    ],
    [
      ['migrate-receive', '--capabilities'],
      ['migrate-receive', '--capabilities'],
    ],
    [
      ['migrate-receive', '-e', '--link', ID],
      ['migrate-receive', '-e', '--link', ID],
    ],
    [
      ['migrate-receive', `--join=${ID}`],
      ['migrate-receive', '--join', ID],
    ],
  ])('%j is run', (asked, run) => {
    expect(receiverFor(asked)?.args.slice(1)).toEqual(run);
  });

  it.each([
    [[]],
    [['destroy', 'vm']],
    [['-f', 'migrate-receive']],
    [['destroy', 'vm', 'migrate-receive']],
    [['migrate-receive', 'operand']],
    [['migrate-receive', '--tls-listen', '1']],
    [['migrate-receive', '--join', '../../../etc/passwd']],
    [['migrate-receive', '--help']],
  ])('%j is refused', (asked) => {
    expect(receiverFor(asked)).toBeUndefined();
  });
});

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

  const name = "b; rm -rf '$HOME'";

  it('never has its name in the hands of a shell', () => {
    for (const sshCommand of [undefined, 'ssh -p 23']) {
      const { command, args } = reachTarget({ host: name, sshCommand })(['list']);
      expect(command).toBe('sh');
      expect(args[1]).not.toContain('rm');
      expect(args.slice(-3)).toEqual([name, 'xl', 'list']);
    }
  });

  it('is this machine without ssh, and no option of ssh', () => {
    expect(reachTarget({ host: 'localhost', sshCommand: undefined })(['list']).command).toBe(process.execPath);
    expect(() => reachTarget({ host: '-oProxyCommand=x', sshCommand: undefined })).toThrow('is no host');
  });
});
