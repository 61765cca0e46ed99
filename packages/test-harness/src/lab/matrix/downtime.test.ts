import { migrateDomain, receiveMigration, waitUntilSuspendable } from '@xen-migration/libxl';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectionPair } from '../../device-model/connection-pair.js';
import { DeviceModelHost } from '../../device-model/dm-host.js';
import { watchDowntime } from './downtime.js';

let test: DeviceModelHost;
beforeAll(async () => {
  test = await DeviceModelHost.open();
});
afterAll(() => test?.close());

it('a guest stands still from its suspension until its copy may run', async () => {
  const { host } = test;
  const domid = await test.guest({
    c_info: { type: 'pv', name: 'vm' },
    b_info: { max_vcpus: 1, max_memkb: 16384, target_memkb: 16384, kernel: 'builtin:selfcheck', cmdline: 'rate=1000' },
  });
  await waitUntilSuspendable(host, domid);
  const watching = watchDowntime(host.hypervisor, domid);
  const pair = connectionPair();
  const received = receiveMigration({ host, connection: pair.receiver }).finally(() => pair.receiverGone());
  const { downtimeMs } = await migrateDomain({ host, domid, connection: pair.sender });
  await received;
  // Polled, and the report's begins with the request to suspend.
  const seen = await watching;
  expect(seen).toBeGreaterThan(0);
  expect(seen).toBeLessThan(downtimeMs + 200);
});

it('says so where there is no such guest', async () => {
  await expect(watchDowntime(test.host.hypervisor, 77)).rejects.toThrow(
    'domain 77 is gone, and was not seen suspended',
  );
});
