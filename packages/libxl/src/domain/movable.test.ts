import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type MigrationConnection, migrateDomain } from '../index.js';
import { saveToFile } from '../stream/save-file.js';
import { guestConfig, type TestHost, testHost } from '../testing/test-host.js';
import { createDomain } from './create.js';
import { domainSummary } from './list.js';
import { unpauseDomain } from './pause.js';

let test: TestHost;
beforeAll(async () => {
  test = await testHost();
});
afterEach(() => test.destroyAll());
afterAll(() => test.close());

/** To nobody: whatever is done with it fails the test. */
const untouched: MigrationConnection = {
  source: { read: () => Promise.reject(new Error('read')) },
  sink: { writev: () => Promise.reject(new Error('written')) },
  close() {},
};

const config = guestConfig('vm', { type: 'hvm' });

const refused = [
  [
    'PCI passthrough',
    { ...config, pcidevs: [{ bus: 3, dev: 0x1f, func: 2 }] },
    /can't be migrated live: PCI devices .*\(0000:03:1f\.2\)/,
  ],
  ['vNUMA', { ...config, b_info: { ...config.b_info, vnuma_nodes: [{ memkb: 1024 }] } }, /it has vNUMA/],
  ['nomigrate', { ...config, b_info: { ...config.b_info, disable_migrate: 'True' as const } }, /says nomigrate/],
] as const;

it.each(refused)('a guest with %s is not migrated, and nothing of it is touched', async (_what, guest, why) => {
  const { host } = test;
  const domid = await createDomain({ host, config: guest });
  const before = await domainSummary(host, domid);
  await expect(migrateDomain({ host, domid, connection: untouched })).rejects.toMatchObject({
    code: 'ERROR_INVAL',
    message: expect.stringMatching(why),
  });
  expect(await domainSummary(host, domid)).toEqual(before);
});

it.each(refused.slice(1))('a guest with %s is not saved', async (_what, guest, why) => {
  const { host, files } = test;
  const domid = await createDomain({ host, config: guest });
  await expect(saveToFile({ host, domid, to: `${files}/vm.save` })).rejects.toMatchObject({
    code: 'ERROR_INVAL',
    message: expect.stringMatching(why),
  });
});

it('a guest with PCI passthrough is saved: it does not run meanwhile', async () => {
  const { host, files } = test;
  const domid = await createDomain({ host, config: refused[0][1] });
  await unpauseDomain(host, domid);
  expect(await saveToFile({ host, domid, to: `${files}/vm.save` })).toMatchObject({ problems: [] });
});
