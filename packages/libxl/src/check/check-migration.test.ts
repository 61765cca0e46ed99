import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { LibxlDomainConfig } from '../config/index.js';
import { retrieveConfiguration } from '../domain/configuration.js';
import {
  describeHost,
  formatHostDescription,
  type HostDescription,
  parseHostDescription,
} from '../migrate/host-description.js';
import { type TestHost, testHost } from '../testing/test-host.js';
import { factsOf } from './ask-target.js';
import { type CheckTarget, checkMigration } from './check-migration.js';

let t: TestHost;
beforeAll(async () => {
  t = await testHost();
});
afterEach(() => t.destroyAll());
afterAll(() => t.close());

const ours = (description: HostDescription): CheckTarget => ({ toolstack: 'ours', description });

async function check(changes: Partial<HostDescription>, config: Partial<LibxlDomainConfig> = {}, running = true) {
  const domid = await t.guest('vm', { running });
  const kept = await retrieveConfiguration(t.host, domid);
  const elsewhere = { ...(await describeHost(t.host)), hostId: 'other', bootId: 'other', names: [] };
  return checkMigration({
    host: t.host,
    domid,
    config: { ...kept, ...config },
    target: ours({ ...elsewhere, ...changes }),
    link: { bytesPerSecond: 2 ** 33, roundTripMs: 1 },
    measureMs: 100,
  });
}

describe('a check of a migration', () => {
  it('finds nothing against a host like this one, and estimates what it takes', async () => {
    const { findings, possible, dirty, estimate, cpuDifferences } = await check({});
    expect({ findings, possible, cpuDifferences }).toEqual({ findings: [], possible: true, cpuDifferences: [] });
    expect(dirty?.pages).toBeGreaterThan(10);
    expect(estimate?.totalMs).toBeGreaterThan(30);
    expect(estimate?.downtimeMs).toBeLessThan(estimate?.totalMs ?? 0);
    // Tracking is off again.
    await t.host.hypervisor.enableLogDirty((await t.host.hypervisor.listDomains(0, 1))[0]?.domid ?? -1);
  });

  const zeroed = (policy: HostDescription['cpuPolicies']['pv']) => {
    const leaves = policy.leaves.slice();
    for (let at = 0; at < leaves.length; at += 24) leaves.fill(0, at + 8, at + 24);
    return { leaves, msrs: policy.msrs };
  };

  it('names the features that the target lacks', async () => {
    const { pv, hvm } = (await describeHost(t.host)).cpuPolicies;
    const { findings, possible } = await check({ cpuPolicies: { pv: zeroed(pv), hvm } });
    expect(possible).toBe(false);
    expect(
      findings
        .filter(({ about }) => about === 'cpu')
        .map(({ text }) => text)
        .join(),
    ).toMatch(/CPUID 0x1.* ecx: .*SSE3/);
  });

  it.each<[string, Partial<HostDescription>, Partial<LibxlDomainConfig>, string]>([
    ['too little memory', { freeMemoryKib: 1024 }, {}, 'the target has 1 MiB free, the domain needs 18 MiB'],
    ['a name that is taken', { names: ['vm'] }, {}, 'the target has a domain called vm already'],
    ['a PCI device', {}, { pcidevs: [{ bus: 1 }] }, '1 PCI device is passed through'],
    [
      'no support for its type',
      { xen: { major: 4, minor: 17, extra: '', capabilities: 'hvm-3.0-x86_64' } },
      {},
      "can't run pv domains",
    ],
    [
      'a disk of this machine',
      {},
      { disks: [{ pdev_path: '/proc/self/exe', vdev: 'xvda', format: 'raw' }] },
      'lies on a file system of this machine alone',
    ],
  ])('finds %s', async (_what, changes, config, text) => {
    const { findings, possible } = await check(changes, config);
    expect(findings).toMatchObject([{ severity: 'problem', text: expect.stringContaining(text) }]);
    expect(possible).toBe(false);
  });

  it('warns of an older Xen, of a disk that only its script knows', async () => {
    const older = await check({ xen: { major: 4, minor: 16, extra: '', capabilities: 'xen-3.0-x86_64' } });
    expect(older).toMatchObject({ possible: true, findings: [{ severity: 'warning', about: 'version' }] });
    await t.destroyAll();
    const disks = [{ pdev_path: 'pool/vm', vdev: 'xvda', format: 'raw' as const, script: 'block-rbd' }];
    expect((await check({}, { disks })).findings).toMatchObject([{ severity: 'warning', about: 'disk' }]);
  });

  it('of a paused domain says that it could not suspend itself', async () => {
    const { findings, dirty } = await check({}, {}, false);
    expect(findings).toMatchObject([{ about: 'state', text: 'the domain is paused: it could not suspend itself' }]);
    expect(dirty).toBeUndefined();
  });

  it('knows of a stock target what its xl info says', async () => {
    const domid = await t.guest('vm', { running: true });
    const config = await retrieveConfiguration(t.host, domid);
    const target = factsOf(
      'host : b\nxen_major              : 4\nxen_minor : 18\nfree_memory            : 5\nxen_caps : xen-3.0-x86_64 \n',
    );
    const { findings, estimate } = await checkMigration({ host: t.host, domid, config, target, measureMs: 10 });
    expect(findings.map(({ severity, about }) => `${severity} ${about}`)).toEqual(['problem memory', 'warning cpu']);
    expect(estimate).toBeUndefined();
  });

  it("compares the domain's CPU with what a stock target's hw_caps tell, feature by feature", async () => {
    const domid = await t.guest('vm', { running: true });
    const config = await retrieveConfiguration(t.host, domid);
    const own = (await t.host.hypervisor.info()).hwCaps.map((word) => (word >>> 0).toString(16).padStart(8, '0'));
    const cpuOf = async (words: readonly string[]) => {
      const info = `xen_major : 4\nxen_minor : 18\nhw_caps                : ${words.join(':')}\nxen_caps : xen-3.0-x86_64\n`;
      const target = factsOf(info);
      const { findings } = await checkMigration({ host: t.host, domid, config, target, measureMs: 0 });
      return findings.filter(({ about }) => about === 'cpu');
    };
    expect(await cpuOf(own)).toMatchObject([{ severity: 'warning', text: expect.stringContaining('not compared') }]);
    expect(await cpuOf(own.with(1, '00000000'))).toMatchObject([
      { severity: 'problem', text: expect.stringMatching(/CPUID 0x1 ecx: .*SSE3/) },
      { severity: 'warning' },
    ]);
    expect(await cpuOf(['nonsense'])).toMatchObject([
      { severity: 'warning', text: expect.stringContaining('not tell') },
    ]);
  });
});

describe("a host's description of itself", () => {
  it('comes over whole', async () => {
    const description = await describeHost(t.host, ['/proc/self/exe', '/no/such/file']);
    expect(parseHostDescription(formatHostDescription(description))).toEqual(description);
    expect(description.files[1]).toEqual({ path: '/no/such/file', found: undefined });
  });

  it.each(['', 'null', '[]', '{"toolstack":"xen-migration"}', 'x'.repeat(2_000_000)])(
    'is refused where it is none (%#)',
    (text) => {
      expect(() => parseHostDescription(text)).toThrow('no description of a host');
    },
  );

  it('is refused where a part of it is of another kind', async () => {
    const whole = JSON.parse(formatHostDescription(await describeHost(t.host))) as Record<string, unknown>;
    for (const key of Object.keys(whole)) {
      for (const value of [undefined, null, true, { x: 1 }]) {
        expect(() => parseHostDescription(JSON.stringify({ ...whole, [key]: value })), `${key}: ${value}`).toThrow(
          'no description',
        );
      }
    }
  });
});
