import { pvLayout, VGCF_ONLINE } from '../../x86/layout.js';
import { readWord, writeWord } from '../../x86/words.js';
import type { Domain } from '../domains/domain.js';
import { guestContextOfHvm, loadUserRegisters } from '../domains/hvm-guest-context.js';
import { EXTENDED_CONTEXT_SIZE, type Vcpu } from '../domains/vcpu.js';
import { auditMsrEntries, auditXsave } from '../domains/vcpu-state.js';
import { findP2mTree } from '../held/p2m-tree.js';
import type { HostState } from '../host-state.js';
import { dropRoots, rootsOf, sameRoots, takeRoots } from '../mmu/vcpu-roots.js';
import { forgetHeld, schedule, whileStopped, whyHeld } from '../run/scheduler.js';
import { cpuTimeOf } from './domains.js';
import { refuse, vcpuOf } from './errors.js';
import type { Handlers } from './types.js';

/** What the operation has room for: Xen 4.5 saved all of it, and Xen looks at its structure alone. */
const EXTENDED_CONTEXT_ROOM = 128;

export const vcpuHandlers: Handlers<
  | 'vcpuInfo'
  | 'guestWidth'
  | 'setGuestWidth'
  | 'vcpuContext'
  | 'setVcpuContext'
  | 'vcpuExtendedContext'
  | 'setVcpuExtendedContext'
  | 'vcpuXsave'
  | 'setVcpuXsave'
  | 'vcpuMsrs'
  | 'setVcpuMsrs'
> = {
  vcpuInfo(host, _connection, domid, vcpu) {
    const found = vcpuOf(host.domain(domid, 'vcpuInfo'), vcpu, 'vcpuInfo');
    const { online, blocked, executing } = found;
    const running = executing && !blocked;
    return { online, blocked: online && blocked, running, cpuTime: cpuTimeOf(found.control), cpu: 0 };
  },

  guestWidth(host, _connection, domid) {
    const domain = host.domain(domid, 'guestWidth');
    if (domain.hvm) throw refuse('EOPNOTSUPP', 'guestWidth', domain, 'it is no PV domain');
    return domain.width;
  },

  setGuestWidth(host, _connection, domid, width) {
    const domain = host.domain(domid, 'setGuestWidth');
    if (domain.width === width) return;
    if (domain.hvm) throw refuse('EINVAL', 'setGuestWidth', domain, 'it is no PV domain');
    if (host.machine.framesOf(domid) > 0) throw refuse('EACCES', 'setGuestWidth', domain, 'it has memory already');
    domain.width = width;
  },

  async vcpuContext(host, _connection, domid, vcpu) {
    const domain = host.domain(domid, 'vcpuContext');
    const found = vcpuOf(domain, vcpu, 'vcpuContext');
    if (!found.initialised) throw refuse('ENODATA', 'vcpuContext', domain, `vcpu ${vcpu} was never initialised`);
    return whileStopped(host, domain, () =>
      domain.hvm ? guestContextOfHvm(found.context, found.online) : pvContext(domain, found),
    );
  },

  async setVcpuContext(host, _connection, domid, vcpu, context) {
    const domain = host.domain(domid, 'setVcpuContext');
    const found = vcpuOf(domain, vcpu, 'setVcpuContext');
    await whileStopped(host, domain, () => {
      if (context === undefined) reset(host, domain, found);
      else if (domain.hvm) loadHvm(domain, found, context);
      else loadPv(host, domain, found, context);
      forgetHeld(domain);
      if (vcpu === 0 && isRestoredTree(host, domain)) domain.held.tree = findP2mTree(host, domain);
    });
  },

  vcpuExtendedContext: (host, _connection, domid, vcpu) =>
    vcpuOf(host.domain(domid, 'vcpuExtendedContext'), vcpu, 'vcpuExtendedContext').extended.slice(),

  setVcpuExtendedContext(host, _connection, domid, vcpu, context) {
    const operation = 'setVcpuExtendedContext';
    const domain = host.domain(domid, operation);
    const found = vcpuOf(domain, vcpu, operation);
    if (context.length < EXTENDED_CONTEXT_SIZE || context.length > EXTENDED_CONTEXT_ROOM) {
      const allowed = `${EXTENDED_CONTEXT_SIZE} to ${EXTENDED_CONTEXT_ROOM}`;
      throw refuse('EINVAL', operation, domain, `${context.length} bytes, not ${allowed}`);
    }
    found.extended = context.slice(0, EXTENDED_CONTEXT_SIZE);
  },

  vcpuXsave: (host, _connection, domid, vcpu) =>
    vcpuOf(host.domain(domid, 'vcpuXsave'), vcpu, 'vcpuXsave').xsave.slice(),

  setVcpuXsave(host, _connection, domid, vcpu, area) {
    const domain = host.domain(domid, 'setVcpuXsave');
    const found = vcpuOf(domain, vcpu, 'setVcpuXsave');
    const why = auditXsave(area);
    if (why !== undefined) throw refuse('EINVAL', 'setVcpuXsave', domain, `vcpu ${vcpu}: ${why}`);
    found.xsave = area.slice();
  },

  vcpuMsrs: (host, _connection, domid, vcpu) => vcpuOf(host.domain(domid, 'vcpuMsrs'), vcpu, 'vcpuMsrs').msrs.slice(),

  setVcpuMsrs(host, _connection, domid, vcpu, msrs) {
    const domain = host.domain(domid, 'setVcpuMsrs');
    const found = vcpuOf(domain, vcpu, 'setVcpuMsrs');
    const why = auditMsrEntries(msrs);
    if (why !== undefined) throw refuse('EINVAL', 'setVcpuMsrs', domain, `vcpu ${vcpu}: ${why}`);
    found.msrs = msrs.slice();
  },
};

/** A held PV guest that has not run here, whose p2m is no linear one: its kernel would rebuild the tree. */
function isRestoredTree(host: HostState, domain: Domain): boolean {
  if (domain.hvm || domain.hasRun || whyHeld(host, domain) === undefined) return false;
  const { width, sharedInfoMfn } = domain;
  const { p2mVaddr, frameListList } = pvLayout(width).sharedInfo;
  const shared = host.machine.memory.frame(sharedInfoMfn);
  return readWord(shared, p2mVaddr, width) === 0n && readWord(shared, frameListList, width) === 0n;
}

function pvContext(domain: Domain, vcpu: Vcpu): Uint8Array {
  const { width } = domain;
  const { size, flags } = pvLayout(width).vcpuContext;
  const bytes = vcpu.context.slice(0, size);
  const online = BigInt(VGCF_ONLINE);
  const before = readWord(bytes, flags, width);
  writeWord(bytes, flags, width, vcpu.online ? before | online : before & ~online);
  return bytes;
}

function reset(host: HostState, domain: Domain, vcpu: Vcpu): void {
  host.machine.freeing((freed) => dropRoots(host, domain, vcpu, freed));
  vcpu.context.fill(0);
  vcpu.initialised = false;
  vcpu.online = false;
}

function loadHvm(domain: Domain, vcpu: Vcpu, context: Uint8Array): void {
  const { size } = pvLayout(8).vcpuContext;
  if (context.length !== size) {
    throw refuse('EINVAL', 'setVcpuContext', domain, `${context.length} bytes, not ${size}`);
  }
  loadUserRegisters(vcpu.context, context);
  vcpu.initialised = true;
}

function loadPv(host: HostState, domain: Domain, vcpu: Vcpu, context: Uint8Array): void {
  const operation = 'setVcpuContext';
  const { width } = domain;
  const { size, flags } = pvLayout(width).vcpuContext;
  if (context.length !== size) {
    throw refuse('EINVAL', operation, domain, `${context.length} bytes; contexts of this guest have ${size}`);
  }
  if (vcpu.roots === undefined) takeRoots(host, domain, vcpu, context);
  else if (!sameRoots(vcpu.roots, rootsOf(domain, context))) {
    throw refuse('EOPNOTSUPP', operation, domain, `vcpu ${vcpu.id} is initialised: its cr3 and gdt can't change`);
  }
  vcpu.context.set(context);
  vcpu.initialised = true;
  vcpu.online = (readWord(context, flags, width) & BigInt(VGCF_ONLINE)) !== 0n;
  schedule(host, domain);
}
