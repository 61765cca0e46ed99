import { HypervisorError, isHypervisorError } from '../../hypervisor/errors.js';
import type { Hypervisor } from '../../hypervisor/hypervisor.js';
import { pvLayout } from '../../x86/layout.js';
import { EXT_CONTEXT, VCPU_CONTEXT, VCPU_CONTEXT_ROOM, VCPU_INFO, VCPU_MSRS, XSAVE } from '../abi/layout.js';
import { DOMCTL } from '../abi/numbers.js';
import type { Hypercalls } from '../native/hypercalls.js';

type VcpuOperations = Pick<
  Hypervisor,
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
>;

const nothing = () => {};
const EMPTY = new Uint8Array(0);

export function vcpuOperations(xen: Hypercalls): VcpuOperations {
  const guestWidth = (domid: number) =>
    xen.domctl({ operation: 'guestWidth', domid }, DOMCTL.getAddressSize, nothing, (union): 4 | 8 =>
      union.getUint32(0, true) === 32 ? 4 : 8,
    );
  /** HVM domains have no address size to ask for; their contexts are as 64-bit ones. */
  const contextWidth = (domid: number) =>
    guestWidth(domid).catch((e: unknown) => {
      if (isHypervisorError(e, 'EOPNOTSUPP')) return 8 as const;
      throw e;
    });

  return {
    vcpuInfo: (domid, vcpu) =>
      xen.domctl(
        { operation: 'vcpuInfo', domid },
        DOMCTL.getvcpuinfo,
        (union) => union.setUint32(VCPU_INFO.vcpu, vcpu, true),
        (union) => ({
          online: union.getUint8(VCPU_INFO.online) !== 0,
          blocked: union.getUint8(VCPU_INFO.blocked) !== 0,
          running: union.getUint8(VCPU_INFO.running) !== 0,
          cpuTime: union.getBigUint64(VCPU_INFO.cpuTime, true),
          cpu: union.getUint32(VCPU_INFO.cpu, true),
        }),
      ),

    guestWidth,
    setGuestWidth: (domid, width) =>
      xen.domctl(
        { operation: 'setGuestWidth', domid },
        DOMCTL.setAddressSize,
        (union) => union.setUint32(0, width * 8, true),
        nothing,
      ),

    async vcpuContext(domid, vcpu) {
      const { size } = pvLayout(await contextWidth(domid)).vcpuContext;
      return xen.buffers.with(VCPU_CONTEXT_ROOM, async ({ address, bytes }) => {
        bytes.fill(0, 0, VCPU_CONTEXT_ROOM);
        await xen.domctl(
          { operation: 'vcpuContext', domid },
          DOMCTL.getvcpucontext,
          (union) => {
            union.setUint32(VCPU_CONTEXT.vcpu, vcpu, true);
            union.setBigUint64(VCPU_CONTEXT.pointer, address, true);
          },
          nothing,
        );
        return bytes.slice(0, size);
      });
    },

    setVcpuContext: (domid, vcpu, context) =>
      xen.buffers.with(VCPU_CONTEXT_ROOM, async ({ address, bytes }) => {
        if (context !== null) bytes.fill(0, 0, VCPU_CONTEXT_ROOM).set(context);
        await xen.domctl(
          { operation: 'setVcpuContext', domid, pace: 'slow' },
          DOMCTL.setvcpucontext,
          (union) => {
            union.setUint32(VCPU_CONTEXT.vcpu, vcpu, true);
            union.setBigUint64(VCPU_CONTEXT.pointer, context === null ? 0n : address, true);
          },
          nothing,
        );
      }),

    vcpuExtendedContext: (domid, vcpu) =>
      xen.domctl(
        { operation: 'vcpuExtendedContext', domid },
        DOMCTL.getExtVcpucontext,
        (union) => union.setUint32(EXT_CONTEXT.vcpu, vcpu, true),
        (union) => bytesOf(union, union.getUint32(EXT_CONTEXT.size, true)),
      ),
    async setVcpuExtendedContext(domid, vcpu, context) {
      const operation = 'setVcpuExtendedContext';
      if (context.length > EXT_CONTEXT.room || context.length < 8) {
        throw new HypervisorError('EINVAL', operation, domid, `a context of ${context.length} bytes`);
      }
      await xen.domctl(
        { operation, domid },
        DOMCTL.setExtVcpucontext,
        (union) => {
          new Uint8Array(union.buffer, union.byteOffset, context.length).set(context);
          union.setUint32(EXT_CONTEXT.vcpu, vcpu, true);
          union.setUint32(EXT_CONTEXT.size, context.length, true);
        },
        nothing,
      );
    },

    async vcpuXsave(domid, vcpu) {
      const call = { operation: 'vcpuXsave', domid };
      const ask = (size: bigint, address: bigint, mask: bigint) =>
        xen.domctl(
          call,
          DOMCTL.getvcpuextstate,
          (union) => {
            union.setUint32(XSAVE.vcpu, vcpu, true);
            union.setBigUint64(XSAVE.mask, mask, true);
            union.setBigUint64(XSAVE.size, size, true);
            union.setBigUint64(XSAVE.pointer, address, true);
          },
          (union) => ({ size: union.getBigUint64(XSAVE.size, true), mask: union.getBigUint64(XSAVE.mask, true) }),
        );
      const { size, mask } = await ask(0n, 0n, 0n);
      if (size === 0n) return EMPTY;
      return xen.buffers.with(Number(size), async ({ address, bytes }) => {
        bytes.fill(0, 0, Number(size));
        const written = await ask(size, address, mask);
        return bytes.slice(0, Number(written.size));
      });
    },
    setVcpuXsave: (domid, vcpu, area) =>
      xen.buffers.with(area.length, async ({ address, bytes }) => {
        bytes.set(area);
        await xen.domctl(
          { operation: 'setVcpuXsave', domid },
          DOMCTL.setvcpuextstate,
          (union) => {
            union.setUint32(XSAVE.vcpu, vcpu, true);
            union.setBigUint64(XSAVE.size, BigInt(area.length), true);
            union.setBigUint64(XSAVE.pointer, address, true);
          },
          nothing,
        );
      }),

    async vcpuMsrs(domid, vcpu) {
      const ask = (count: number, address: bigint) =>
        xen.domctl(
          { operation: 'vcpuMsrs', domid },
          DOMCTL.getVcpuMsrs,
          (union) => fillMsrs(union, vcpu, count, address),
          (union) => union.getUint32(VCPU_MSRS.count, true),
        );
      const most = await orNone(ask(0, 0n));
      if (most === 0) return EMPTY;
      return xen.buffers.with(most * VCPU_MSRS.entrySize, async ({ address, bytes }) => {
        const count = await ask(most, address);
        return bytes.slice(0, count * VCPU_MSRS.entrySize);
      });
    },
    setVcpuMsrs: (domid, vcpu, msrs) =>
      xen.buffers.with(msrs.length, async ({ address, bytes }) => {
        bytes.set(msrs);
        await xen.domctl(
          { operation: 'setVcpuMsrs', domid },
          DOMCTL.setVcpuMsrs,
          (union) => fillMsrs(union, vcpu, msrs.length / VCPU_MSRS.entrySize, address),
          nothing,
        );
      }),
  };
}

function fillMsrs(union: DataView, vcpu: number, count: number, address: bigint): void {
  union.setUint32(VCPU_MSRS.vcpu, vcpu, true);
  union.setUint32(VCPU_MSRS.count, count, true);
  union.setBigUint64(VCPU_MSRS.pointer, address, true);
}

function bytesOf(union: DataView, length: number): Uint8Array {
  return new Uint8Array(union.buffer, union.byteOffset, length).slice();
}

/** A hypervisor that can't say how many there are has none. */
async function orNone(count: Promise<number>): Promise<number> {
  try {
    return await count;
  } catch (e) {
    if (isHypervisorError(e, 'EOPNOTSUPP', 'ENOSYS')) return 0;
    throw e;
  }
}
