import { describe, expect, it } from 'vitest';
import type { Inspection } from '../../analyse/inspect.js';
import { absent, KEPT, PV64_LIVE, streamPath } from '../../node/testing/streams.js';
import { run } from '../testing/run.js';

async function inspect(name: string): Promise<Inspection> {
  const { code, out } = await run('inspect', streamPath(name), '--json');
  expect(code).toBe(0);
  return JSON.parse(out) as Inspection;
}

describe('xen-stream inspect', () => {
  it('of an HVM save file', async () => {
    const found = await inspect('xen-4.17-hvm.save.gz');
    expect(found).toMatchObject({
      framing: 'xl',
      bytes: 33534480,
      libxc: { version: 3, guestType: 'hvm', xenMajor: 4, xenMinor: 17 },
      config: { name: 'hvm', uuid: 'edeada64-6163-4652-944c-ef2bc3b7ded6', type: 'hvm', maxVcpus: 1 },
      memory: {
        types: [{ type: 'NOTAB', pages: 6140 }],
        pages: 6140,
        sent: 6140,
        timesSent: [{ times: 1, pfns: 6140 }],
      },
      emulators: [{ id: 2, name: 'QEMU upstream', index: 0 }],
      cpu: { vendor: 'AuthenticAMD' },
      undecodable: [],
    });
    expect(found.hvmParams).toContainEqual({ index: 17, name: 'CONSOLE_PFN', value: '0xfefff' });
    expect(found.hvmContext).toContainEqual({ type: 'CPU', records: 1 });
    expect(found.trailing).toBeUndefined();
  });

  it('of a recorded live migration: passes, pages that were sent again', async () => {
    const { passes, memory, trailing, vcpus } = await inspect('xen-4.17-hvm-live.wire.gz');
    expect(passes.map(({ pages, again }) => [pages, again])).toEqual([
      [10236, 0],
      [4, 4],
      [4, 4],
    ]);
    expect(memory.timesSent).toEqual([
      { times: 1, pfns: 10232 },
      { times: 3, pfns: 4 },
    ]);
    expect(trailing).toBe('permission to go');
    expect(vcpus).toHaveLength(1);
  });

  it('of a PV guest: page types, the top page table of each vcpu', async () => {
    const { guestBits, memory, vcpus, config } = await inspect('xen-4.17-pv32.save.gz');
    expect(guestBits).toBe(32);
    expect(config?.name).toBe('pv32');
    const types = Object.fromEntries(memory.types.map(({ type, pages }) => [type, pages]));
    expect(types).toMatchObject({ L3TAB_PINNED: 1 });
    expect(memory.pages).toBe(2048);
    expect(vcpus).toEqual([expect.objectContaining({ vcpu: 0, online: true, rip: '0x23a7' })]);
  });

  it.skipIf(absent(PV64_LIVE) !== '')(`of a PV64 migration${absent(PV64_LIVE)}`, async () => {
    const { passes, memory } = await inspect(PV64_LIVE);
    expect(passes).toHaveLength(6);
    expect(passes[0]).toMatchObject({ pages: 28670, again: 0 });
    expect(passes.reduce((sum, { pages }) => sum + pages, 0)).toBe(memory.sent);
    expect(memory).toMatchObject({ endPfn: 0x7000, pages: 28672 });
  });

  it.each(KEPT)('%s as text has every section', async (name) => {
    const { code, out } = await run('inspect', streamPath(name));
    expect(code).toBe(0);
    for (const section of ['config', 'records', 'pages', 'passes', 'vcpus', 'processor']) {
      expect(out).toMatch(new RegExp(`^${section}$`, 'm'));
    }
    expect(out).not.toMatch(/undefined|NaN|\[object/);
  });
});
