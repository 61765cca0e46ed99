import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Hypervisor } from '@xen-migration/libxc';
import { streamSink, streamSource } from '@xen-migration/stream-format/node';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { retrieveConfiguration } from '../domain/configuration.js';
import { listDomains } from '../domain/list.js';
import type { Host } from '../host/open-host.js';
import { receiveMigration } from '../migrate/receive.js';
import { migrateDomain } from '../migrate/send.js';
import { type TestHost, testHost } from '../testing/test-host.js';
import { restoreFromFile } from './restore-file.js';
import { saveToFile } from './save-file.js';

/** A host whose CPU lacks something that the guest's had: said before the first page, and forced by who wants it. */

let source: TestHost;
let target: TestHost;
beforeAll(async () => {
  [source, target] = [await testHost(), await testHost()];
});
afterEach(async () => {
  await source.destroyAll();
  await target.destroyAll();
});
afterAll(async () => {
  await source.close();
  await target.close();
});

const CPUID_LEAF_SIZE = 24;
const EBX = 12;
/** ERMS, of leaf 7. */
const ERMS = 1 << 9;
const LACKS = /CPUID 0x7\.0 ebx: .*ERMS/;

/** The same host with an older CPU. `populated`: whether a domain of it got any page. */
function older(host: Host): { host: Host; populated: () => boolean } {
  let populated = false;
  const changes: Partial<Hypervisor> = {
    async hostCpuPolicy(kind) {
      const policy = await host.hypervisor.hostCpuPolicy(kind);
      const leaves = policy.leaves.slice();
      const view = new DataView(leaves.buffer);
      for (let at = 0; at < leaves.length; at += CPUID_LEAF_SIZE) {
        if (view.getUint32(at, true) === 7) view.setUint32(at + EBX, view.getUint32(at + EBX, true) & ~ERMS, true);
      }
      return { ...policy, leaves };
    },
    async populatePhysmap(...args) {
      populated = true;
      return host.hypervisor.populatePhysmap(...args);
    },
  };
  const hypervisor = new Proxy(host.hypervisor, {
    get: (of, name: keyof Hypervisor) => changes[name] ?? of[name].bind(of),
  });
  return { host: { ...host, hypervisor }, populated: () => populated };
}

/** A guest that is up: before that a PV kernel has not said yet where its p2m is. */
async function running(type: 'pv' | 'hvm'): Promise<number> {
  const domid = await source.guest('vm', { type, running: true });
  const end = Date.now() + 20_000;
  const state = `/local/domain/${domid}/data/selfcheck/state`;
  while ((await source.host.xenstore.read(state).catch(() => undefined)) !== 'running') {
    if (Date.now() > end) throw new Error('the guest does not come up');
    await sleep(20);
  }
  return domid;
}

describe.each(['pv', 'hvm'] as const)('a %s guest, for a host with an older CPU', (type) => {
  it('is not restored from a file, but names the features; forced, it is, and loses them', async () => {
    const domid = await running(type);
    const to = join(source.files, `${type}.save`);
    await saveToFile({ host: source.host, domid, to, config: await retrieveConfiguration(source.host, domid) });
    const { host, populated } = older(target.host);
    const refused = restoreFromFile({ host, from: to });
    await expect(refused).rejects.toMatchObject({ code: 'ERROR_FAIL', message: expect.stringMatching(LACKS) });
    expect(populated()).toBe(false);
    expect(await listDomains(target.host)).toEqual([]);

    const restored = await restoreFromFile({ host, from: to, missingCpuFeatures: 'force' });
    expect(restored.result.warnings).toEqual([expect.stringMatching(LACKS)]);
    const { leaves } = await target.host.hypervisor.cpuPolicy(restored.domid);
    const view = new DataView(leaves.buffer, leaves.byteOffset, leaves.byteLength);
    for (let at = 0; at < leaves.length; at += CPUID_LEAF_SIZE) {
      if (view.getUint32(at, true) === 7) expect(view.getUint32(at + EBX, true) & ERMS).toBe(0);
    }
  });

  it('is not migrated, and runs on where it is; forced, it moves', async () => {
    const domid = await running(type);
    const migrate = async (missingCpuFeatures?: 'force') => {
      const { host, populated } = older(target.host);
      const [there, back] = [new PassThrough(), new PassThrough()];
      for (const stream of [there, back]) stream.on('error', () => {});
      const close = () => [there, back].forEach((stream) => void stream.destroy());
      const receiving = receiveMigration({
        host,
        connection: { source: streamSource(there), sink: copying(back), close },
        ...(missingCpuFeatures === undefined ? {} : { missingCpuFeatures }),
      })
        .catch((e: unknown) => e)
        .finally(() => {
          back.end();
          there.destroy();
        });
      const sent = await migrateDomain({
        host: source.host,
        domid,
        connection: { source: streamSource(back), sink: copying(there), close },
      }).catch((e: unknown) => e);
      return { sent, received: await receiving, populated: populated() };
    };
    const refused = await migrate();
    expect(refused.sent).toMatchObject({ source: 'runs' });
    expect(refused.received).toMatchObject({ message: expect.stringMatching(LACKS) });
    expect(refused.populated).toBe(false);
    expect(await source.host.hypervisor.domainInfo(domid)).toMatchObject({ shutdown: false, paused: false });
    expect(await listDomains(target.host)).toEqual([]);

    const moved = await migrate('force');
    expect(moved.received).toMatchObject({ name: 'vm' });
    expect(await listDomains(source.host)).toEqual([]);
  });
});

/** As a descriptor does, it copies what it takes. */
function copying(stream: PassThrough) {
  const sink = streamSink(stream);
  return { writev: (parts: readonly Uint8Array[]) => sink.writev(parts.map((part) => Uint8Array.from(part))) };
}
