import { SHUTDOWN } from '@xen-migration/libxc';
import { type ComplianceCheck, equal, equalBytes, holds, refused } from './check.js';
import { NOBODY, PAGES, pfns, UUID, withDomain } from './domain.js';

/** PFINFO's nibble. */
/** Of a page-table entry. */
const PRESENT_WRITABLE = 0b11n;
const TYPE = { plain: 0, pinnedL1: 9, none: 15 } as const;
const PAGE = 4096;

const host: ComplianceCheck[] = [
  {
    name: 'info: a version, capabilities, memory',
    async run({ hypervisor }) {
      const info = await hypervisor.info();
      holds('major version 4', info.major === 4 && info.minor >= 0);
      holds('capabilities name 64-bit PV', info.capabilities.includes('xen-3.0-x86_64'));
      holds('free memory is part of all', info.freePages > 0 && info.freePages < info.totalPages);
      holds('there are CPUs', info.nrCpus >= 1 && info.cpuKhz > 0);
    },
  },
  {
    name: 'consoleRing: text',
    async run({ hypervisor }) {
      holds('it is a text', typeof (await hypervisor.consoleRing()) === 'string');
    },
  },
  {
    name: 'maximumRamPage and machphysMfnList: the table reaches the highest frame',
    async run({ hypervisor }) {
      const highest = await hypervisor.maximumRamPage();
      const extents = Math.floor((highest * 8) / 2 ** 21) + 1;
      const list = await hypervisor.machphysMfnList(extents + 8);
      holds(`${list.length} extents for ${extents}`, list.length >= extents);
      const mapping = await hypervisor.mapForeign(DOMID_XEN, Float64Array.of(list[0]!), 'read');
      equal('its first frame can be read', mapping.errors[0], 0);
      await mapping.unmap();
    },
  },
  {
    name: 'hostCpuPolicy: whole leaves and entries',
    async run({ hypervisor }) {
      for (const kind of ['pv', 'hvm'] as const) {
        const { leaves, msrs } = await hypervisor.hostCpuPolicy(kind);
        holds('leaves of 24 bytes', leaves.length > 0 && leaves.length % 24 === 0);
        holds('entries of 16 bytes', msrs.length % 16 === 0);
      }
    },
  },
];
const DOMID_XEN = 0x7ff2;

const domains: ComplianceCheck[] = [
  {
    name: 'createDomain, domainInfo, listDomains: what was asked for, paused, empty',
    run: (examined) =>
      withDomain(examined, 'pv', async (domid) => {
        const { hypervisor } = examined;
        const info = await hypervisor.domainInfo(domid);
        equalBytes('uuid', info.uuid, UUID);
        equal('paused', info.paused, true);
        equal('hvm', info.hvm, false);
        equal('shutdown', info.shutdown, false);
        equal('pages', info.totalPages, 0);
        equal('limit', info.maxPages, PAGES);
        equal('highest vcpu', info.maxVcpuId, 1);
        const [listed] = await hypervisor.listDomains(domid, 1);
        equal('listed', listed?.domid, domid);
      }),
  },
  {
    name: 'operations on a domain that is not there: ESRCH',
    async run({ hypervisor }) {
      await refused('domainInfo', hypervisor.domainInfo(NOBODY), 'ESRCH');
      await refused('pause', hypervisor.pause(NOBODY), 'ESRCH');
      await refused('destroyDomain', hypervisor.destroyDomain(NOBODY), 'ESRCH');
      await refused('hvmParam', hypervisor.hvmParam(NOBODY, 1), 'ESRCH');
      await refused('pageTypes', hypervisor.pageTypes(NOBODY, pfns(1)), 'ESRCH');
    },
  },
  {
    name: 'shutdownDomain and resumeDomain: a reason that comes and goes',
    run: (examined) =>
      withDomain(examined, 'pv', async (domid) => {
        const { hypervisor } = examined;
        await hypervisor.shutdownDomain(domid, SHUTDOWN.suspend);
        const down = await hypervisor.domainInfo(domid);
        holds('down for suspend', down.shutdown && down.shutdownReason === SHUTDOWN.suspend);
        await hypervisor.resumeDomain(domid);
        equal('up again', (await hypervisor.domainInfo(domid)).shutdown, false);
      }),
  },
];

const memory: ComplianceCheck[] = [
  {
    name: 'populatePhysmap: up to the limit and no further, frames of the domain',
    run: (examined) =>
      withDomain(examined, 'pv', async (domid) => {
        const { hypervisor } = examined;
        const made = await hypervisor.populatePhysmap(domid, pfns(1024), 0);
        equal('frames made', made.length, 1024);
        equal('frames owned', (await hypervisor.domainInfo(domid)).totalPages, 1024);
        equal('no frame twice', new Set(made).size, 1024);
        const rest = await hypervisor.populatePhysmap(domid, pfns(PAGES, 1024), 0);
        equal('the limit', rest.length, PAGES - 1024);
        equal('beyond it', (await hypervisor.populatePhysmap(domid, pfns(1, 9000), 0)).length, 0);
        equal('given back', await hypervisor.decreaseReservation(domid, made.subarray(0, 8)), 8);
        equal('frames left', (await hypervisor.domainInfo(domid)).totalPages, PAGES - 8);
      }),
  },
  {
    name: 'mapForeign: what is written through one mapping is read through another; a bad frame alone fails',
    run: (examined) =>
      withDomain(examined, 'pv', async (domid) => {
        const { hypervisor } = examined;
        const made = await hypervisor.populatePhysmap(domid, pfns(64), 0);
        const writing = await hypervisor.mapForeign(domid, made, 'write');
        for (let i = 0; i < 64; i++) writing.page(i).fill(i + 1);
        await writing.unmap();
        const some = Float64Array.of(made[3]!, INVALID, made[60]!);
        const reading = await hypervisor.mapForeign(domid, some, 'read');
        equal('first', reading.errors[0], 0);
        holds('the bad one has an errno', reading.errors[1]! > 0);
        equal('third', reading.errors[2], 0);
        equal('its first byte', reading.page(0)[0], 4);
        equal('the last one of the third', reading.page(2)[PAGE - 1], 61);
        await reading.unmap();
        const whole = await hypervisor.mapForeign(domid, made, 'read');
        equal(
          'runs have every page',
          whole.runs(0, 64).reduce((sum, run) => sum + run.length, 0),
          64 * PAGE,
        );
        await whole.unmap();
      }),
  },
  {
    name: 'HVM: frames are where they were asked to be, and maximumGpfn follows',
    run: (examined) =>
      withDomain(examined, 'hvm', async (domid) => {
        const { hypervisor } = examined;
        const asked = Float64Array.of(5, 9, 700);
        const made = await hypervisor.populatePhysmap(domid, asked, 0);
        equal('gfns', made.join(), asked.join());
        equal('highest', await hypervisor.maximumGpfn(domid), 700);
        const types = await hypervisor.pageTypes(domid, Float64Array.of(9, 10));
        equal('a frame', types[0], TYPE.plain);
        equal('a hole', types[1], TYPE.none);
      }),
  },
  {
    name: 'pageTypes: plain, none, and no more than 1024 at once',
    run: (examined) =>
      withDomain(examined, 'pv', async (domid) => {
        const { hypervisor } = examined;
        const [mfn = 0] = await hypervisor.populatePhysmap(domid, pfns(1), 0);
        const types = await hypervisor.pageTypes(domid, Float64Array.of(mfn, INVALID));
        equal('plain', types[0], TYPE.plain);
        equal('none', types[1], TYPE.none);
        await refused('1025 frames', hypervisor.pageTypes(domid, pfns(1025)), 'E2BIG');
      }),
  },
  {
    name: 'mmuExt: an empty page becomes a pinned table, which nobody may map to write, and is let go',
    run: (examined) =>
      withDomain(examined, 'pv', async (domid) => {
        const { hypervisor } = examined;
        const made = await hypervisor.populatePhysmap(domid, pfns(1), 0);
        const mfn = made[0]!;
        const clearing = await hypervisor.mapForeign(domid, made, 'write');
        clearing.page(0).fill(0);
        await clearing.unmap();
        await hypervisor.mmuExt(domid, [{ op: 'pin', level: 1, mfn }]);
        equal('pinned', (await hypervisor.pageTypes(domid, made))[0], TYPE.pinnedL1);
        await refused('pinned twice', hypervisor.mmuExt(domid, [{ op: 'pin', level: 1, mfn }]), 'EINVAL');
        const writing = await hypervisor.mapForeign(domid, made, 'write');
        holds('no writing', writing.errors[0]! > 0);
        await writing.unmap();
        await hypervisor.mmuExt(domid, [{ op: 'unpin', level: 1, mfn }]);
      }),
  },
  {
    name: 'mmuExt: a table that maps another table writable is refused as busy',
    run: (examined) =>
      withDomain(examined, 'pv', async (domid) => {
        const { hypervisor } = examined;
        const made = await hypervisor.populatePhysmap(domid, pfns(2), 0);
        const [table = 0, other = 0] = made;
        const filling = await hypervisor.mapForeign(domid, made, 'write');
        for (const i of [0, 1]) filling.page(i).fill(0);
        const entry = new DataView(filling.page(1).buffer, filling.page(1).byteOffset);
        entry.setBigUint64(0, (BigInt(table) << 12n) | PRESENT_WRITABLE, true);
        await filling.unmap();
        await hypervisor.mmuExt(domid, [{ op: 'pin', level: 1, mfn: table }]);
        await refused('pin', hypervisor.mmuExt(domid, [{ op: 'pin', level: 1, mfn: other }]), 'EBUSY');
        await hypervisor.mmuExt(domid, [{ op: 'unpin', level: 1, mfn: table }]);
        await hypervisor.mmuExt(domid, [{ op: 'pin', level: 1, mfn: other }]);
      }),
  },
  {
    name: 'mapGrantTable: a page that keeps what is written',
    run: (examined) =>
      withDomain(examined, 'pv', async (domid) => {
        const { hypervisor } = examined;
        const first = await hypervisor.mapGrantTable(domid);
        first.page(0)[0] = 1;
        await first.unmap();
        const second = await hypervisor.mapGrantTable(domid);
        equal('kept', second.page(0)[0], 1);
        await second.unmap();
      }),
  },
];
const INVALID = -1;

const logDirty: ComplianceCheck[] = [
  {
    name: 'log-dirty of an HVM domain: off by itself, on once, a bitmap, off',
    run: (examined) =>
      withDomain(examined, 'hvm', async (domid) => {
        const { hypervisor } = examined;
        await hypervisor.populatePhysmap(domid, pfns(64), 0);
        await hypervisor.enableLogDirty(domid);
        await refused('on twice', hypervisor.enableLogDirty(domid), 'EINVAL');
        const bitmap = new Uint8Array(8);
        const stats = await hypervisor.logDirty(domid, 'clean', bitmap, 64, false);
        equal('pages', stats.pages, 64);
        const again = await hypervisor.logDirty(domid, 'peek', bitmap, 64, true);
        equal('nothing wrote', again.dirty, 0);
        await hypervisor.disableLogDirty(domid);
      }),
  },
];

const vcpus: ComplianceCheck[] = [
  {
    name: 'a fresh vcpu: offline, without a context, 64 bits wide',
    run: (examined) =>
      withDomain(examined, 'pv', async (domid) => {
        const { hypervisor } = examined;
        equal('online', (await hypervisor.vcpuInfo(domid, 0)).online, false);
        equal('width', await hypervisor.guestWidth(domid), 8);
        await refused('its context', hypervisor.vcpuContext(domid, 0), 'ENODATA');
        await refused('another vcpu', hypervisor.vcpuInfo(domid, 7), 'ESRCH', 'EINVAL', 'ENOENT');
        holds('an extended context', (await hypervisor.vcpuExtendedContext(domid, 0)).length >= 64);
        holds('an XSAVE area of some size', (await hypervisor.vcpuXsave(domid, 0)).length >= 0);
        holds('whole MSR entries', (await hypervisor.vcpuMsrs(domid, 0)).length % 16 === 0);
      }),
  },
  {
    name: 'HVM context: goes in as it came out; a PV domain has none',
    run: async (examined) => {
      const { hypervisor } = examined;
      await withDomain(examined, 'hvm', async (domid) => {
        await refused('its width', hypervisor.guestWidth(domid), 'EOPNOTSUPP');
        await refused('a context in the form of PV', hypervisor.vcpuContext(domid, 0), 'ENODATA');
        const context = await hypervisor.hvmContext(domid);
        holds('it has bytes', context.length > 0);
        await hypervisor.setHvmContext(domid, context);
        equal('its length again', (await hypervisor.hvmContext(domid)).length, context.length);
        await refused('half of it', hypervisor.setHvmContext(domid, context.subarray(0, 40)), 'EINVAL', 'ENODATA');
      });
      await withDomain(examined, 'pv', (domid) => refused('of PV', hypervisor.hvmContext(domid), 'EINVAL'));
    },
  },
  {
    name: 'HVM parameters: kept, and out of range refused',
    run: (examined) =>
      withDomain(examined, 'hvm', async (domid) => {
        const { hypervisor } = examined;
        await hypervisor.setHvmParam(domid, STORE_PFN, 0xfeffcn);
        equal('kept', await hypervisor.hvmParam(domid, STORE_PFN), 0xfeffcn);
        await refused('parameter 99', hypervisor.hvmParam(domid, 99), 'EINVAL');
      }),
  },
  {
    name: "TSC and CPU policy: the domain's own policy is one that the host takes",
    run: (examined) =>
      withDomain(examined, 'pv', async (domid) => {
        const { hypervisor } = examined;
        holds('a frequency', (await hypervisor.tscInfo(domid)).khz > 0);
        const policy = await hypervisor.cpuPolicy(domid);
        holds('leaves', policy.leaves.length > 0 && policy.leaves.length % 24 === 0);
        await hypervisor.setCpuPolicy(domid, policy);
      }),
  },
];
/** HVM_PARAM_STORE_PFN. */
const STORE_PFN = 1;

const events: ComplianceCheck[] = [
  {
    name: 'event channels: a port that is bound once, starts pending, and ends with its connection',
    run: (examined) =>
      withDomain(examined, 'pv', async (domid) => {
        const { hypervisor } = examined;
        const remote = await hypervisor.allocUnboundPort(domid, 0);
        const channels = await hypervisor.openEventChannels();
        try {
          const port = await channels.bindInterdomain(domid, remote);
          equal('it fires at once', await channels.pending(AbortSignal.timeout(5000)), port);
          await refused('bound twice', channels.bindInterdomain(domid, remote), 'EINVAL');
          await channels.notify(port);
          await channels.unbind(port);
          await refused('notified when unbound', channels.notify(port), 'EINVAL', 'ENOTCONN');
        } finally {
          await channels.close();
        }
      }),
  },
];

/** All that an implementation of the hypervisor interface must do; each check makes and destroys its own domains. */
export const complianceChecks: readonly ComplianceCheck[] = [
  ...host,
  ...domains,
  ...memory,
  ...logDirty,
  ...vcpus,
  ...events,
];
