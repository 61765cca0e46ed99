import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { domainInfo } from '../domain/list.js';
import { keyOfDomain } from '../domain/names.js';
import { type TestHost, testHost } from '../testing/test-host.js';
import { carryOut } from './recover.js';

let test: TestHost;
let before: string | undefined;
beforeAll(async () => {
  test = await testHost(64);
  before = process.env.XEN_EMBEDDED_DIR;
  process.env.XEN_EMBEDDED_DIR = test.host.directory;
});
afterEach(() => test.destroyAll());
afterAll(async () => {
  if (before === undefined) delete process.env.XEN_EMBEDDED_DIR;
  else process.env.XEN_EMBEDDED_DIR = before;
  await test.close();
});

const isPaused = async (domid: number) => (await domainInfo(test.host, domid)).paused;

it('lets a domain run whose restore or creation was killed as it was all there', async () => {
  const { host } = test;
  const domid = await test.guest('vm');
  const step = { do: 'start-made', ...(await keyOfDomain(host, domid)) } as const;
  expect(await isPaused(domid)).toBe(true);
  await carryOut([step]);
  expect(await isPaused(domid)).toBe(false);
  // The one that was killed had let it run already.
  await carryOut([step]);
  expect(await isPaused(domid)).toBe(false);
});

it('lets no other domain run that has its number', async () => {
  const domid = await test.guest('vm');
  await carryOut([{ do: 'start-made', domid, uuid: '00000000-0000-0000-0000-000000000001' }]);
  expect(await isPaused(domid)).toBe(true);
});
