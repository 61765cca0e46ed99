import { describe, expect, it } from 'vitest';
import { parseReceiverArguments, receiverArguments, receiverCommand } from './receiver.js';

const receiverFor = receiverCommand({ command: 'node', args: ['xl.js'] });
const ID = '0123456789abcdef0123456789abcdef';

describe('a request of a sender by TLS', () => {
  it.each([
    [
      ['migrate-receive', '-e'],
      ['migrate-receive', '-e'],
    ],
    [
      ['-t', '-vv', 'migrate-receive', '-e', '-p', '-d'],
      ['-t', '-vv', 'migrate-receive', '-e', '-d', '-p'],
    ],
    [
      ['migrate-receive', '-r', '-e'],
      ['migrate-receive', '-e', '-r'],
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
      ['migrate-receive', '--join', ID],
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
    [['migrate-receive', '-ep']],
    [['migrate-receive', '--link']],
    [['migrate-receive', 'constructor']],
    [['constructor', 'migrate-receive']],
    [['-v;touch x', 'migrate-receive']],
    [Array.from({ length: 1000 }, () => '-v').concat('migrate-receive')],
  ])('%j is refused', (asked) => {
    expect(receiverFor(asked)).toBeUndefined();
  });
});

it('reads what it writes', () => {
  const request = {
    verbosity: 2,
    timestamps: true,
    noMonitor: true,
    forceCpu: true,
    remus: true,
    sink: true,
    join: ID,
  };
  expect(parseReceiverArguments(receiverArguments(request))).toEqual(request);
});
