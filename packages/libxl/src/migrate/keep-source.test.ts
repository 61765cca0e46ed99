import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { domainInfo, nameOfDomain } from '../domain/list.js';
import { keyOfDomain, renameDomain } from '../domain/names.js';
import { suspendDomain } from '../domain/suspend.js';
import { Guardian } from '../guardian/guardian.js';
import { type TestHost, testHost } from '../testing/test-host.js';
import { awayName } from './hand-over.js';
import { keepUnlessGiven } from './keep-source.js';

let test: TestHost;
beforeAll(async () => {
  test = await testHost(64);
});
afterEach(() => test.destroyAll());
afterAll(() => test.close());

/** The guardians that this process has started. */
function guardians(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const isOurs =
          readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ')[1] === String(process.pid);
        return isOurs && readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('/guardian/');
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** A suspended guest, and how the handshake ends whose guardian is killed as it begins. */
async function handOverOfKilled(before: (domid: number) => Promise<void>) {
  const { host } = test;
  const domid = await test.guest('vm', { running: true });
  const source = { ...(await keyOfDomain(host, domid)), name: 'vm' };
  await suspendDomain({ host, domid });
  const guardian = Guardian.start(host);
  const [pid, ...others] = guardians();
  expect(others).toEqual([]);
  await before(domid);
  process.kill(Number(pid), 'SIGKILL');
  const told = await guardian.handOver(source, () => {});
  const outcome = await keepUnlessGiven(host, source, told);
  await guardian.dismiss();
  const { shutdown } = await domainInfo(host, domid);
  return { told, outcome, shutdown, name: await nameOfDomain(host, domid) };
}

const why = 'the process that watches over the operation has ended (SIGKILL)';

it('runs on where its guardian died before it was given away', async () => {
  expect(await handOverOfKilled(async () => {})).toEqual({
    told: { kind: 'unknown', why },
    outcome: { kind: 'failed', why },
    shutdown: false,
    name: 'vm',
  });
});

it('stays suspended where the target may run it', async () => {
  expect(await handOverOfKilled((domid) => renameDomain(test.host, domid, awayName('vm')))).toEqual({
    told: { kind: 'unknown', why },
    outcome: { kind: 'unknown', why },
    shutdown: true,
    name: 'vm--migratedaway',
  });
});
