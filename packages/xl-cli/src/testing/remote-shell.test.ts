import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { afterAll, expect, it } from 'vitest';
import { RemoteShell } from './remote-shell.js';
import { XlHost } from './xl-process.js';

const here = new XlHost();
const there = new XlHost();
afterAll(() => Promise.all([here.close(), there.close()]));

it('ends the connections that are there, and no process that has the number of one that was', async () => {
  const shell = new RemoteShell(here, there);
  expect(shell.cut()).toBe(0);
  const over = spawn(shell.command, ['there', 'xl', '--help'], { stdio: 'ignore' });
  await once(over, 'exit');
  const other = spawn('/bin/sleep', ['60'], { stdio: 'ignore' });
  // As if its number were that of a connection that began with this machine.
  appendFileSync(shell.command.replace(/sh$/, 'connections'), `${other.pid} 1\n`);
  const open = spawn(shell.command, ['there', 'xl', 'migrate-receive'], { stdio: ['pipe', 'pipe', 'ignore'] });
  await once(open.stdout, 'data');
  expect(shell.cut()).toBe(1);
  expect(await once(open, 'exit')).toEqual([null, 'SIGKILL']);
  expect(other.exitCode ?? other.signalCode).toBeNull();
  other.kill();
});
