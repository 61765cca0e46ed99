import { describe, expect, it } from 'vitest';
import { isHypervisorError } from '../hypervisor/errors.js';
import { DOMCTL_HEAD, MULTICALL, SHADOW } from './abi/layout.js';
import { DOMCTL, HYPERCALL, MEMORY_OP } from './abi/numbers.js';
import { xenRelease } from './abi/releases.js';
import { readFrames, writeFrames } from './native/frame-lists.js';
import type { XenLibraries } from './native/libraries.js';
import { xenHypervisor } from './xen-hypervisor.js';

/** What one hypercall was made with, as the hypervisor finds it in memory. */
interface Made {
  readonly op: number;
  readonly args: readonly bigint[];
  /** What an argument points to. */
  memory(address: bigint): DataView;
}

type Answer = (made: Made) => bigint | number;

/** Xen's libraries with memory of their own, in which `answer` plays the hypervisor. */
function playing(answer: Answer): XenLibraries {
  const buffers = new Map<bigint, Uint8Array<ArrayBuffer>>();
  let next = 0x1000n;
  const memory = (address: bigint): DataView => {
    for (const [begin, bytes] of buffers) {
      const offset = Number(address - begin);
      if (offset >= 0 && offset < bytes.length) return new DataView(bytes.buffer, offset);
    }
    throw new Error(`nothing is at ${address}`);
  };
  const multicall = (entries: bigint) => {
    const entry = memory(entries);
    const op = Number(entry.getBigUint64(MULTICALL.op, true));
    const args = Array.from({ length: 6 }, (_, i) => entry.getBigUint64(MULTICALL.args + 8 * i, true));
    entry.setBigInt64(MULTICALL.result, BigInt(answer({ op, args, memory })), true);
    return 0;
  };
  const unused = () => {
    throw new Error('not played');
  };
  return {
    multicall,
    hypercall: (op, argument) => Number(answer({ op, args: [argument], memory })),
    multicallSlowly: async (entries) => multicall(entries),
    allocatePages(count) {
      const address = next;
      next += BigInt(count * 4096 + 0x100000);
      buffers.set(address, new Uint8Array(count * 4096));
      return address;
    },
    freePages: (address) => void buffers.delete(address),
    view: (address) => buffers.get(address)!,
    map: unused,
    mapSlowly: unused,
    unmapSlowly: unused,
    mapResource: unused,
    unmapResource: unused,
    openEventChannels: unused,
    closeEventChannels: unused,
    bindInterdomain: unused,
    bindVirq: unused,
    notify: unused,
    unbind: unused,
    unmask: unused,
    pending: unused,
    waitForEvent: unused,
    errno: () => 0,
    close: () => {},
  };
}

const XEN_4_17 = (4 << 16) | 17;

/** A Xen 4.17 that answers all but the question for its version with `answer`. */
const xen417 = (answer: Answer) =>
  xenHypervisor(playing((made) => (made.op === HYPERCALL.xenVersion && made.args[0] === 0n ? XEN_4_17 : answer(made))));

describe('releases', () => {
  it('one that is not known is refused by name, whatever it is', async () => {
    expect(() => xenRelease(4, 99)).toThrow(/this is Xen 4.99; known here: 4.17/);
    await expect(xenHypervisor(playing(() => (5 << 16) | 1))).rejects.toMatchObject({ code: 'EOPNOTSUPP' });
  });
});

describe('frames in memory', () => {
  it('are 64-bit words, all ones for none, beyond 32 bits too', () => {
    const bytes = new Uint8Array(32);
    writeFrames(bytes, Float64Array.of(5, -1, 2 ** 40 + 3, 2 ** 32 - 1));
    const words = new BigUint64Array(bytes.buffer);
    expect([...words]).toEqual([5n, 2n ** 64n - 1n, 2n ** 40n + 3n, 2n ** 32n - 1n]);
    expect([...readFrames(bytes, 4)]).toEqual([5, -1, 2 ** 40 + 3, 2 ** 32 - 1]);
  });
});

describe('hypercalls', () => {
  it('domctl: command, version of the interface, domain, and the union at its place', async () => {
    const hypervisor = await xen417(({ op, args, memory }) => {
      expect(op).toBe(HYPERCALL.domctl);
      const domctl = memory(args[0]!);
      expect(domctl.getUint32(DOMCTL_HEAD.cmd, true)).toBe(DOMCTL.shadowOp);
      expect(domctl.getUint32(DOMCTL_HEAD.version, true)).toBe(0x15);
      expect(domctl.getUint16(DOMCTL_HEAD.domid, true)).toBe(7);
      const at = DOMCTL_HEAD.union;
      expect(domctl.getUint32(at + SHADOW.op, true)).toBe(11);
      expect(domctl.getUint32(at + SHADOW.mode, true)).toBe(1);
      expect(domctl.getBigUint64(at + SHADOW.pages, true)).toBe(20n);
      memory(domctl.getBigUint64(at + SHADOW.bitmap, true)).setUint8(2, 0x0f);
      domctl.setUint32(at + SHADOW.dirty, 4, true);
      return 0;
    });
    const bitmap = new Uint8Array(3);
    expect(await hypervisor.logDirty(7, 'clean', bitmap, 20, true)).toEqual({ pages: 20, faults: 0, dirty: 4 });
    expect([...bitmap]).toEqual([0, 0, 0x0f]);
  });

  it('memory_op: what a short count leaves is not answered', async () => {
    const hypervisor = await xen417(({ op, args, memory }) => {
      expect([op, Number(args[0])]).toEqual([HYPERCALL.memoryOp, MEMORY_OP.populatePhysmap]);
      const extents = memory(memory(args[1]!).getBigUint64(0, true));
      for (let i = 0; i < 2; i++) extents.setBigUint64(8 * i, BigInt(0x500 + i), true);
      return 2;
    });
    expect([...(await hypervisor.populatePhysmap(3, Float64Array.of(1, 2, 3), 0))]).toEqual([0x500, 0x501]);
  });

  it('populate-on-demand: the flag of its entries, and what the domain has of them', async () => {
    const hypervisor = await xen417(({ args, memory }) => {
      const argument = memory(args[1]!);
      if (Number(args[0]) === MEMORY_OP.populatePhysmap) {
        expect([argument.getUint32(20, true), argument.getUint16(24, true)]).toEqual([0x1_0000, 3]);
        return 1;
      }
      expect([Number(args[0]), argument.getUint16(32, true)]).toEqual([17, 3]);
      argument.setBigUint64(16, 20n, true);
      argument.setBigUint64(24, 30n, true);
      return 0;
    });
    expect(await hypervisor.populateOnDemand(3, Float64Array.of(5), 9)).toBe(1);
    expect(await hypervisor.podTarget(3)).toEqual({ entries: 30, cachePages: 20 });
  });

  it('TSC info: the domctl has its fields in another order than the stream', async () => {
    const hypervisor = await xen417(({ args, memory }) => {
      const union = memory(args[0]! + BigInt(DOMCTL_HEAD.union));
      const words = [union.getUint32(0, true), union.getUint32(4, true), union.getUint32(8, true)];
      expect([...words, union.getBigUint64(16, true)]).toEqual([1, 2_600_000, 7, 99n]);
      return 0;
    });
    await hypervisor.setTscInfo(3, { mode: 1, khz: 2_600_000, nsec: 99n, incarnation: 7 });
  });

  it('the highest frame of RAM is one below what the hypervisor answers', async () => {
    const hypervisor = await xen417(() => 0x180000);
    expect(await hypervisor.maximumRamPage()).toBe(0x17ffff);
  });

  it('a refusal has its errno, operation and domain', async () => {
    const hypervisor = await xen417(() => -3);
    await expect(hypervisor.pause(12)).rejects.toMatchObject({ code: 'ESRCH', operation: 'pause', domid: 12 });
    const unnamed = await xen417(() => -131);
    const error = await unnamed.pause(12).catch((e: unknown) => e);
    expect(isHypervisorError(error, 'EIO')).toBe(true);
  });

  it('a set CPU policy names what the host objects to', async () => {
    const hypervisor = await xen417(({ args, memory }) => {
      const domctl = memory(args[0]!);
      domctl.setUint32(DOMCTL_HEAD.union + 24, 0x8000_0008, true);
      domctl.setUint32(DOMCTL_HEAD.union + 28, 0xffff_ffff, true);
      return -22;
    });
    const policy = { leaves: new Uint8Array(24), msrs: new Uint8Array(0) };
    await expect(hypervisor.setCpuPolicy(1, policy)).rejects.toThrow(/CPUID leaf 0x80000008.0 \(EINVAL\)/);
  });

  it('of more than 1024 frames types are not even asked for', async () => {
    const hypervisor = await xen417(() => {
      throw new Error('asked');
    });
    await expect(hypervisor.pageTypes(1, new Float64Array(1025))).rejects.toMatchObject({ code: 'E2BIG' });
  });
});
