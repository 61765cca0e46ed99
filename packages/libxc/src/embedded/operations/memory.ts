import { ERRNO } from '../../hypervisor/errors.js';
import { type FrameList, INVALID_FRAME, MAX_BATCH } from '../../hypervisor/frames.js';
import { DOMID_XEN } from '../../hypervisor/hypervisor.js';
import { pvLayout } from '../../x86/layout.js';
import { readWord } from '../../x86/words.js';
import type { Connection, HeldMapping } from '../connection.js';
import type { Domain } from '../domains/domain.js';
import type { HostState } from '../host-state.js';
import { reapDying } from '../lifecycle/destroy.js';
import { FLAG, FRAME_TYPE, INDEX_MASK } from '../memory/frame-table.js';
import type { FreedFrames } from '../memory/machine.js';
import { pinTable, unpinTable } from '../mmu/guest-tables.js';
import { TableError } from '../mmu/table-error.js';
import type { MappedFrames } from '../wire/operations.js';
import { refuse, requirePv } from './errors.js';
import { frameForUse } from './populate-on-demand.js';
import type { Handlers } from './types.js';

/** The nibble of PFINFO. */
const PAGE_TYPE = { plain: 0x0, pinned: 0x8, broken: 0xd, none: 0xf } as const;
const SUPERPAGE_ORDER = 9;
/** Frames in one mapping. */
const MAX_MAPPED = 2 ** 22;

export const memoryHandlers: Handlers<
  | 'maximumGpfn'
  | 'maximumRamPage'
  | 'machphysMfnList'
  | 'machphysCompatMfn'
  | 'populatePhysmap'
  | 'decreaseReservation'
  | 'mapForeign'
  | 'mapGrantTable'
  | 'unmap'
  | 'pageTypes'
  | 'mmuExt'
> = {
  maximumGpfn(host, _connection, domid) {
    const domain = host.domain(domid, 'maximumGpfn');
    if (domain.hvm) return domain.p2m.highest;
    const page = host.machine.memory.frame(domain.sharedInfoMfn);
    return Number(readWord(page, pvLayout(domain.width).sharedInfo.pfnCount, domain.width)) - 1;
  },

  maximumRamPage: (host) => host.machine.layout.span - 1,

  machphysMfnList: (host, _connection, maxExtents) => Float64Array.from(host.machine.m2p.extents.slice(0, maxExtents)),

  machphysCompatMfn: (host) => host.machine.compatM2pMfn,

  populatePhysmap(host, _connection, domid, pfns, order) {
    const domain = host.domain(domid, 'populatePhysmap');
    if (domain.dying) throw refuse('EINVAL', 'populatePhysmap', domain, 'it is dying');
    if (order !== 0 && order !== SUPERPAGE_ORDER) {
      throw refuse('EINVAL', 'populatePhysmap', domain, `extents of 2^${order} frames (0 and 9 are possible)`);
    }
    return populate(host, domain, pfns, order);
  },

  decreaseReservation(host, _connection, domid, gfns) {
    return decreaseReservation(host, host.domain(domid, 'decreaseReservation'), gfns);
  },

  mapForeign(host, connection, domid, gfns, access) {
    if (gfns.length > MAX_MAPPED) throw refuse('E2BIG', 'mapForeign', undefined, `${gfns.length} frames at once`);
    if (domid === DOMID_XEN) return mapXenFrames(host, connection, gfns, access);
    return mapFrames(host, connection, host.domain(domid, 'mapForeign'), gfns, access);
  },

  mapGrantTable(host, connection, domid) {
    const domain = host.domain(domid, 'mapGrantTable');
    const mfns = Float64Array.of(domain.grantMfn);
    const errors = new Uint8Array(1);
    host.types.get(domain.grantMfn, domid);
    return hold(connection, { domid, width: domain.width, mfns, errors, typed: false });
  },

  unmap(host, connection, id) {
    const mapping = connection.mappings.get(id);
    if (mapping === undefined) return;
    connection.mappings.delete(id);
    releaseMapping(host, mapping);
  },

  pageTypes(host, _connection, domid, gfns) {
    const domain = host.domain(domid, 'pageTypes');
    if (gfns.length > MAX_BATCH) {
      throw refuse('E2BIG', 'pageTypes', domain, `${gfns.length} frames at once (${MAX_BATCH} are possible)`);
    }
    const types = new Uint8Array(gfns.length);
    for (let i = 0; i < types.length; i++) {
      types[i] = domain.hvm ? hvmPageType(host, domain, gfns[i]!) : pvPageType(host, domain, gfns[i]!);
    }
    return types;
  },

  mmuExt(host, _connection, domid, ops) {
    const domain = host.domain(domid, 'mmuExt');
    requirePv(domain, 'mmuExt');
    for (const { op, level, mfn } of ops) {
      if (op === 'pin') pinTable(host, domain, level, mfn);
      else unpinTable(host, domain, mfn);
    }
  },
};

// --- populate

/** Stops short where the machine, the system or the domain's limit has no more. */
function populate(host: HostState, domain: Domain, pfns: FrameList, order: number): FrameList {
  const { machine } = host;
  const size = 2 ** order;
  const room = Math.max(0, domain.maxPages - machine.framesOf(domain.domid));
  const extents = Math.min(pfns.length, Math.floor(machine.grant(Math.min(room, pfns.length * size)) / size));
  const made = new Float64Array(extents);
  let done = 0;
  for (; done < extents; done++) {
    const pfn = pfns[done]!;
    if (!isNameable(domain, pfn, size)) break;
    const mfn = machine.allocate(domain.domid, order);
    if (mfn === undefined) break;
    enter(host, domain, pfn, mfn, size);
    made[done] = domain.hvm ? pfn : mfn;
  }
  return made.subarray(0, done);
}

/** Takes frames from a domain, for its toolstack or at its own wish. @returns how many it had */
export function decreaseReservation(host: HostState, domain: Domain, gfns: FrameList): number {
  return host.machine.freeing((freed) => {
    let count = 0;
    for (const gfn of gfns) if (removeFrame(host, domain, gfn, freed)) count++;
    return count;
  });
}

function isNameable(domain: Domain, pfn: number, size: number): boolean {
  const limit = domain.hvm ? domain.p2m.capacity : 2 ** 32 - 2;
  return Number.isInteger(pfn) && pfn >= 0 && pfn + size <= limit;
}

function enter(host: HostState, domain: Domain, pfn: number, mfn: number, size: number): void {
  const { machine } = host;
  for (let i = 0; i < size; i++) {
    machine.m2p.set(mfn + i, pfn + i);
    if (!domain.hvm) continue;
    const before = domain.p2m.mfnOf(pfn + i);
    if (before !== INVALID_FRAME) machine.freeing((freed) => removeFrame(host, domain, pfn + i, freed));
    domain.p2m.set(pfn + i, mfn + i);
  }
}

/** Takes a frame from the domain; it is free once nobody refers to it. */
function removeFrame(host: HostState, domain: Domain, gfn: number, freed: FreedFrames): boolean {
  const { machine, types } = host;
  if (domain.p2m.isOnDemand(gfn)) {
    domain.p2m.set(gfn, INVALID_FRAME);
    return true;
  }
  const mfn = domain.hvm ? domain.p2m.mfnOf(gfn) : gfn;
  if (machine.frames.ownerOf(mfn) !== domain.domid) return false;
  if (domain.hvm) domain.p2m.set(gfn, INVALID_FRAME);
  if (mfn === domain.sharedInfoMfn) {
    domain.sharedInfoGfn = INVALID_FRAME;
    return true;
  }
  const columns = machine.frames.columns(mfn)!;
  const at = mfn & INDEX_MASK;
  if ((columns.flags[at]! & FLAG.special) !== 0) return false;
  if ((columns.flags[at]! & FLAG.pinned) !== 0) types.unpin(mfn, domain, freed);
  if ((columns.flags[at]! & FLAG.allocated) === 0) return false;
  machine.m2p.set(mfn, INVALID_FRAME);
  // Xen keeps it for the entries that its cache can't fill.
  if (domain.hvm && domain.p2m.onDemand > domain.podCache.length && columns.count[at] === 1) {
    domain.podCache.push(mfn);
    return true;
  }
  columns.flags[at]! &= ~FLAG.allocated;
  machine.putFrame(mfn, freed);
  return true;
}

// --- mappings

function mapFrames(
  host: HostState,
  connection: Connection,
  domain: Domain,
  gfns: FrameList,
  access: 'read' | 'write',
): MappedFrames {
  const typed = access === 'write' && !domain.hvm;
  const mfns = new Float64Array(gfns.length).fill(INVALID_FRAME);
  const errors = new Uint8Array(gfns.length);
  host.machine.freeing((freed) => {
    for (let i = 0; i < gfns.length; i++) {
      const mfn = domain.hvm ? frameForUse(host, domain, gfns[i]!) : gfns[i]!;
      try {
        if (typed) host.types.getTyped(mfn, domain, FRAME_TYPE.writable, freed);
        else host.types.get(mfn, domain.domid);
        mfns[i] = mfn;
      } catch (e) {
        if (!(e instanceof TableError)) throw e;
        errors[i] = ERRNO.EINVAL;
      }
    }
  });
  return hold(connection, { domid: domain.domid, width: domain.width, mfns, errors, typed });
}

/** Xen's own frames: the machine-to-phys tables, to read. */
function mapXenFrames(
  host: HostState,
  connection: Connection,
  gfns: FrameList,
  access: 'read' | 'write',
): MappedFrames {
  if (access === 'write') throw refuse('EACCES', 'mapForeign', undefined, "Xen's frames can only be mapped to read");
  const { frames } = host.machine;
  const errors = Uint8Array.from(gfns, (mfn) => (frames.ownerOf(mfn) === DOMID_XEN ? 0 : ERRNO.EINVAL));
  for (let i = 0; i < gfns.length; i++) if (errors[i] === 0) host.types.get(gfns[i]!, DOMID_XEN);
  const mfns = gfns.map((mfn, i) => (errors[i] === 0 ? mfn : INVALID_FRAME));
  return hold(connection, { domid: DOMID_XEN, width: 8, mfns, errors, typed: false });
}

function hold(connection: Connection, mapping: HeldMapping): MappedFrames {
  const id = connection.nextId();
  connection.mappings.set(id, mapping);
  return { id, mfns: mapping.mfns, errors: mapping.errors };
}

/** Gives back what a mapping held. */
export function releaseMapping(host: HostState, { domid, width, mfns, errors, typed }: HeldMapping): void {
  host.machine.freeing((freed) => {
    for (let i = 0; i < mfns.length; i++) {
      if (errors[i] !== 0) continue;
      if (typed) host.types.putTyped(mfns[i]!, { domid, width }, freed);
      else host.types.put(mfns[i]!, freed);
    }
  });
  const domain = host.domains.get(domid);
  if (domain !== undefined) reapDying(host, domain);
}

// --- types

/** To ask is a use: what is populated on demand is populated (so does Xen). */
function hvmPageType(host: HostState, domain: Domain, gfn: number): number {
  const mfn = frameForUse(host, domain, gfn);
  if (mfn === INVALID_FRAME) return PAGE_TYPE.none;
  return (host.machine.frames.flagsOf(mfn) & FLAG.broken) === 0 ? PAGE_TYPE.plain : PAGE_TYPE.broken;
}

/** A page table counts as one only while it is validated or pinned. */
function pvPageType(host: HostState, domain: Domain, mfn: number): number {
  const { frames } = host.machine;
  if (frames.ownerOf(mfn) !== domain.domid) return PAGE_TYPE.none;
  const columns = frames.columns(mfn)!;
  const at = mfn & INDEX_MASK;
  const flags = columns.flags[at]!;
  if ((flags & FLAG.special) !== 0) return PAGE_TYPE.none;
  if ((flags & FLAG.broken) !== 0) return PAGE_TYPE.broken;
  const type = columns.type[at]!;
  const table = type >= FRAME_TYPE.l1 && type <= FRAME_TYPE.l4;
  if (!table || (flags & (FLAG.validated | FLAG.pinned)) === 0) return PAGE_TYPE.plain;
  return type | ((flags & FLAG.pinned) !== 0 ? PAGE_TYPE.pinned : 0);
}
