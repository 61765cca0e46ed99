import { HypervisorError } from '../../hypervisor/errors.js';
import { type FrameList, MAX_BATCH } from '../../hypervisor/frames.js';
import type { Hypervisor } from '../../hypervisor/hypervisor.js';
import { MFN_LIST, MMUEXT_OP, PAGE_FRAME_INFO, POD_TARGET, RESERVATION } from '../abi/layout.js';
import { DOMCTL, HYPERCALL, MEMFLAG_ON_DEMAND, MEMORY_OP, MMUEXT } from '../abi/numbers.js';
import { readFrames, writeFrames } from '../native/frame-lists.js';
import type { Hypercalls } from '../native/hypercalls.js';
import { mapForeign, mapGrantTable } from './mapping.js';

type MemoryOperations = Pick<
  Hypervisor,
  | 'maximumGpfn'
  | 'maximumRamPage'
  | 'machphysMfnList'
  | 'machphysCompatMfn'
  | 'populatePhysmap'
  | 'decreaseReservation'
  | 'populateOnDemand'
  | 'podTarget'
  | 'setPodTarget'
  | 'mapForeign'
  | 'mapGrantTable'
  | 'pageTypes'
  | 'mmuExt'
>;

/** The pfn's own bits in an answer of getpageframeinfo3; above them stands the type. */
const TYPE_SHIFT = 28;

export function memoryOperations(xen: Hypercalls): MemoryOperations {
  return {
    maximumGpfn: (domid) =>
      xen.memoryOp(
        { operation: 'maximumGpfn', domid },
        MEMORY_OP.maximumGpfn,
        { size: 2, fill: (argument) => argument.setUint16(0, domid, true) },
        (result) => result,
      ),
    maximumRamPage: () =>
      // The hypervisor answers with the first frame that is none.
      xen.memoryOp({ operation: 'maximumRamPage' }, MEMORY_OP.maximumRamPage, { size: 0 }, (result) => result - 1),
    machphysMfnList: (maxExtents) => mfnList(xen, 'machphysMfnList', MEMORY_OP.machphysMfnList, maxExtents),
    async machphysCompatMfn() {
      const [first] = await mfnList(xen, 'machphysCompatMfn', MEMORY_OP.machphysCompatMfnList, 1);
      if (first !== undefined) return first;
      throw new HypervisorError('EOPNOTSUPP', 'machphysCompatMfn', undefined, 'this host has no 32-bit PV');
    },

    async populatePhysmap(domid, pfns, order) {
      const change = { operation: 'populatePhysmap', domid, frames: pfns, order };
      return changeReservation(xen, MEMORY_OP.populatePhysmap, change, readFrames);
    },
    async decreaseReservation(domid, gfns) {
      const change = { operation: 'decreaseReservation', domid, frames: gfns, order: 0 };
      return changeReservation(xen, MEMORY_OP.decreaseReservation, change, (_bytes, done) => done);
    },

    async populateOnDemand(domid, pfns, order) {
      const change = { operation: 'populateOnDemand', domid, frames: pfns, order, flags: MEMFLAG_ON_DEMAND };
      return changeReservation(xen, MEMORY_OP.populatePhysmap, change, (_bytes, done) => done);
    },
    podTarget: (domid) =>
      xen.memoryOp(
        { operation: 'podTarget', domid },
        MEMORY_OP.getPodTarget,
        { size: POD_TARGET.size, fill: (argument) => argument.setUint16(POD_TARGET.domid, domid, true) },
        (_result, argument) => ({
          entries: Number(argument.getBigUint64(POD_TARGET.entries, true)),
          cachePages: Number(argument.getBigUint64(POD_TARGET.cache, true)),
        }),
      ),
    setPodTarget: (domid, pages) =>
      xen.memoryOp(
        { operation: 'setPodTarget', domid, pace: 'slow' },
        MEMORY_OP.setPodTarget,
        {
          size: POD_TARGET.size,
          fill: (argument) => {
            argument.setBigUint64(POD_TARGET.target, BigInt(pages), true);
            argument.setUint16(POD_TARGET.domid, domid, true);
          },
        },
        () => undefined,
      ),

    mapForeign: (domid, gfns, access) => mapForeign(xen, domid, gfns, access),
    mapGrantTable: (domid) => mapGrantTable(xen, domid),

    async pageTypes(domid, gfns) {
      const count = gfns.length;
      if (count > MAX_BATCH) {
        throw new HypervisorError('E2BIG', 'pageTypes', domid, `${count} frames at once (${MAX_BATCH} are possible)`);
      }
      return xen.buffers.with(count * 8, async ({ address, bytes }) => {
        writeFrames(bytes, gfns);
        await xen.domctl(
          // Some 100 us for all 1024: less than a thread costs where there is one processor.
          { operation: 'pageTypes', domid },
          DOMCTL.getpageframeinfo3,
          (union) => {
            union.setBigUint64(PAGE_FRAME_INFO.count, BigInt(count), true);
            union.setBigUint64(PAGE_FRAME_INFO.pointer, address, true);
          },
          () => {},
        );
        const words = new Uint32Array(bytes.buffer, bytes.byteOffset, count * 2);
        const types = new Uint8Array(count);
        for (let i = 0; i < count; i++) types[i] = words[2 * i]! >>> TYPE_SHIFT;
        return types;
      });
    },

    async mmuExt(domid, ops) {
      // The count of operations done comes behind them.
      const done = ops.length * MMUEXT_OP.size;
      await xen.buffers.with(done + 8, async ({ address, view, bytes }) => {
        bytes.fill(0, 0, done + 8);
        for (const [i, { op, level, mfn }] of ops.entries()) {
          const at = i * MMUEXT_OP.size;
          view.setUint32(at + MMUEXT_OP.cmd, op === 'pin' ? MMUEXT.pinL1 + level - 1 : MMUEXT.unpin, true);
          view.setBigUint64(at + MMUEXT_OP.mfn, BigInt(mfn), true);
        }
        await xen.call(
          { operation: 'mmuExt', domid, pace: 'slow' },
          HYPERCALL.mmuextOp,
          [address, ops.length, address + BigInt(done), domid],
          { size: 0 },
          () => {},
          () => {
            const failed = ops[view.getUint32(done, true)];
            return failed === undefined ? 'refused' : `${failed.op} of mfn 0x${failed.mfn.toString(16)} was refused`;
          },
        );
      });
    },
  };
}

function mfnList(xen: Hypercalls, operation: string, cmd: number, max: number): Promise<FrameList> {
  return xen.buffers.with(max * 8, ({ address, bytes }) =>
    xen.memoryOp(
      { operation },
      cmd,
      {
        size: MFN_LIST.size,
        fill: (argument) => {
          argument.setUint32(MFN_LIST.max, max, true);
          argument.setBigUint64(MFN_LIST.pointer, address, true);
        },
      },
      (_result, argument) => readFrames(bytes, argument.getUint32(MFN_LIST.count, true)),
    ),
  );
}

interface ReservationChange {
  readonly operation: string;
  readonly domid: number;
  readonly frames: FrameList;
  readonly order: number;
  readonly flags?: number;
}

function changeReservation<T>(
  xen: Hypercalls,
  cmd: number,
  { operation, domid, frames, order, flags = 0 }: ReservationChange,
  read: (bytes: Uint8Array<ArrayBuffer>, done: number) => T,
): Promise<T> {
  return xen.buffers.with(frames.length * 8, ({ address, bytes }) => {
    writeFrames(bytes, frames);
    return xen.memoryOp(
      { operation, domid, pace: 'slow' },
      cmd,
      {
        size: RESERVATION.size,
        fill: (argument) => {
          argument.setBigUint64(RESERVATION.extents, address, true);
          argument.setBigUint64(RESERVATION.count, BigInt(frames.length), true);
          argument.setUint32(RESERVATION.order, order, true);
          argument.setUint32(RESERVATION.flags, flags, true);
          argument.setUint16(RESERVATION.domid, domid, true);
        },
      },
      (done) => read(bytes, done),
    );
  });
}
