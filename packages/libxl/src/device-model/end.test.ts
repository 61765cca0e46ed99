import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { destroyDomain } from '../domain/destroy.js';
import { type TestHost, testHost } from '../testing/test-host.js';
import { deviceModelPidPath } from '../xenstore/paths.js';
import { identityOf, isRunning } from './process/identity.js';

let test: TestHost;
const started: ChildProcess[] = [];

beforeAll(async () => {
  test = await testHost();
});
afterEach(async () => {
  for (const process of started.splice(0)) process.kill('SIGKILL');
  await test.destroyAll();
});
afterAll(() => test.close());

/** A process with these words on its command line, which xenstore names as a domain's device model, as stock libxl has it. */
async function namedByStock(domid: number, ...words: string[]) {
  const child = spawn('sh', ['-c', 'echo; read line', ...words], { stdio: ['pipe', 'pipe', 'ignore'] });
  started.push(child);
  await once(child.stdout, 'data');
  await test.host.xenstore.write(deviceModelPidPath(domid), String(child.pid));
  return identityOf(child.pid as number);
}

it('a device model that stock xl started for a domain ends with it', async () => {
  const domid = await test.guest('vm', { type: 'hvm' });
  const identity = await namedByStock(domid, 'qemu', '-xen-domid', String(domid));
  expect(isRunning(identity)).toBe(true);
  await destroyDomain(test.host, domid);
  expect(isRunning(identity)).toBe(false);
});

it.each([[['sleep']], [['qemu', '-xen-domid', '9999']]])(
  'another process that has its number by now (%j) is left alone',
  async (words) => {
    const domid = await test.guest('vm', { type: 'hvm' });
    const identity = await namedByStock(domid, ...words);
    await destroyDomain(test.host, domid);
    expect(isRunning(identity)).toBe(true);
  },
);
