import { afterAll, beforeAll, expect, it } from 'vitest';
import { destroyDomain } from '../domain/destroy.js';
import { listDomains } from '../domain/list.js';
import { pauseDomain, unpauseDomain } from '../domain/pause.js';
import { type TestHost, testHost } from '../testing/test-host.js';

let busy: TestHost;
beforeAll(async () => {
  // The daemon is started with it.
  process.env.XEN_EMBEDDED_INTERFERENCE = '0.3';
  busy = await testHost(128);
});
afterAll(async () => {
  await busy?.close();
  delete process.env.XEN_EMBEDDED_INTERFERENCE;
});

it('domains come and go wholly where the hypervisor refuses one operation in three for the moment', async () => {
  const { freePages } = await busy.host.hypervisor.info();
  for (const type of ['pv', 'hvm', 'pv', 'hvm'] as const) {
    const domid = await busy.guest('vm', { type });
    await unpauseDomain(busy.host, domid);
    await pauseDomain(busy.host, domid);
    await destroyDomain(busy.host, domid);
    expect(await listDomains(busy.host)).toEqual([]);
  }
  expect((await busy.host.hypervisor.info()).freePages).toBe(freePages);
});
