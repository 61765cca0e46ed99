import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Hypervisor } from '../../hypervisor/hypervisor.js';
import { pvLayout } from '../../x86/layout.js';
import { readFrame, writeWord } from '../../x86/words.js';
import { Host } from '../host.js';
import { findP2mTree, rebuildP2mTree } from './p2m-tree.js';

let directory: string;
let host: Host;
let hypervisor: Hypervisor;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'xen-tree-'));
  host = await Host.create({ directory, memoryMib: 64, seed: 12 });
  hypervisor = host.connect();
});

afterEach(async () => {
  await host.close();
  rmSync(directory, { recursive: true });
});

/** The frame that a pfn had on the host where the guest comes from. */
const oldMfn = (pfn: number) => 0x4_0000 + pfn * 7;

/** A guest whose memory is as its old host left it. */
class OldGuest {
  private readonly mfns = new Map<number, number>();

  private constructor(
    readonly domid: number,
    readonly width: 4 | 8,
  ) {}

  /** @param pages the pfns that have memory */
  static async create(width: 4 | 8, pfnCount: number, pages: readonly number[]): Promise<OldGuest> {
    const domid = await hypervisor.createDomain({
      kind: 'pv',
      uuid: new Uint8Array(16),
      maxVcpus: 1,
      maxGrantFrames: 32,
      maxEventChannel: 1023,
      hap: false,
      passthrough: false,
    });
    await hypervisor.setMaxMemory(domid, pages.length * 4);
    await hypervisor.setGuestWidth(domid, width);
    const guest = new OldGuest(domid, width);
    const made = await hypervisor.populatePhysmap(domid, Float64Array.from(pages), 0);
    expect(made.length).toBe(pages.length);
    pages.forEach((pfn, i) => {
      guest.mfns.set(pfn, made[i]!);
      guest.page(pfn).fill(0);
    });
    const shared = host.state.machine.memory.frame(guest.domain.sharedInfoMfn);
    writeWord(shared, pvLayout(width).sharedInfo.pfnCount, width, BigInt(pfnCount));
    return guest;
  }

  get domain() {
    return host.state.domain(this.domid, 'test');
  }

  get perPage() {
    return 4096 / this.width;
  }

  page(pfn: number) {
    return host.state.machine.memory.frame(this.mfns.get(pfn)!);
  }

  mfnNow(pfn: number) {
    return this.mfns.get(pfn)!;
  }

  /** Entries that are not there: `empty`, all ones. */
  list(pfn: number, names: (index: number) => number | undefined) {
    for (let i = 0; i < this.perPage; i++) {
      const named = names(i);
      const value = named === undefined ? 2n ** BigInt(this.width * 8) - 1n : BigInt(oldMfn(named));
      writeWord(this.page(pfn), i * this.width, this.width, value);
    }
  }

  /** The leaf of `place`: all pages there are. */
  leaf(pfn: number, place: number) {
    this.list(pfn, (i) => (this.mfns.has(place * this.perPage + i) ? place * this.perPage + i : undefined));
  }

  find() {
    return findP2mTree(host.state, this.domain);
  }

  /** What an entry names now, as a pfn. */
  named(pfn: number, index: number): number {
    return host.state.machine.m2p.pfnOf(readFrame(this.page(pfn), index * this.width, this.width));
  }
}

/** Pages: 3 leaf, 4 missing, 5 middle, 6 missing middle, 7 top, others data. */
async function smallTree(width: 4 | 8, more: readonly number[] = []): Promise<OldGuest> {
  const pages = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, ...more];
  const guest = await OldGuest.create(width, 300, pages);
  guest.leaf(3, 0);
  guest.list(4, () => undefined);
  guest.list(5, (i) => (i === 0 ? 3 : 4));
  guest.list(6, () => 4);
  guest.list(7, (i) => (i === 0 ? 5 : 6));
  return guest;
}

describe.each([4, 8] as const)('of a guest of %i-byte words', (width) => {
  it('the tree is found, and rebuilt with the frames of this host', async () => {
    const guest = await smallTree(width);
    const tree = guest.find();
    expect(tree?.top).toBe(7);
    await hypervisor.enableLogDirty(guest.domid);
    rebuildP2mTree(host.state, guest.domain, tree!);
    expect([guest.named(7, 0), guest.named(7, 1), guest.named(7, guest.perPage - 1)]).toEqual([5, 6, 6]);
    expect([guest.named(5, 0), guest.named(5, 1)]).toEqual([3, 4]);
    const shared = host.state.machine.memory.frame(guest.domain.sharedInfoMfn);
    expect(readFrame(shared, pvLayout(width).sharedInfo.frameListList, width)).toBe(guest.mfnNow(7));
    const bitmap = new Uint8Array(8);
    await hypervisor.logDirty(guest.domid, 'clean', bitmap, 10, false);
    expect(bitmap[0]).toBe((1 << 5) | (1 << 7));
  });

  it.each<[why: string, damage: (guest: OldGuest) => void]>([
    ['there is no top', (guest) => void guest.page(7).fill(0)],
    ['there is no middle page', (guest) => void guest.page(5).fill(0)],
    ['no leaf covers itself', (guest) => guest.list(3, (i) => (i < 3 ? i : undefined))],
    ['the middle page names a page that is none of the guest', (guest) => guest.list(5, (i) => (i === 0 ? 3 : 11))],
    ['the leaf names a frame twice', (guest) => guest.list(3, (i) => (i === 9 ? 8 : i < 10 ? i : undefined))],
    ['there are two tops', (guest) => guest.list(8, (i) => (i === 0 ? 5 : 6))],
    [
      'all is empty',
      (guest) => {
        for (let pfn = 0; pfn < 10; pfn++) guest.page(pfn).fill(0);
      },
    ],
  ])('none is found where %s', async (_, damage) => {
    const guest = await smallTree(width);
    expect(guest.find()).toBeDefined();
    damage(guest);
    expect(guest.find()).toBeUndefined();
  });

  it('none is found where the guest says that it has no pages, or more than a tree holds', async () => {
    const guest = await smallTree(width);
    const shared = host.state.machine.memory.frame(guest.domain.sharedInfoMfn);
    const { pfnCount } = pvLayout(width).sharedInfo;
    for (const count of [0n, 2n ** BigInt(width * 8) - 1n]) {
      writeWord(shared, pfnCount, width, count);
      expect(guest.find()).toBeUndefined();
    }
  });

  it('data that looks like a list of frames does not stand in its way', async () => {
    const more = Array.from({ length: 40 }, (_, i) => 20 + i);
    const guest = await smallTree(width, more);
    // Numbers, also the frames of other pages, and pages full of a kernel's pointers.
    more.forEach((pfn, n) => {
      const pointer = width === 4 ? 0xc012_3000n : 0xffff_8800_0012_3000n;
      for (let i = 0; i < guest.perPage; i++) {
        const value = n % 3 === 0 ? BigInt(i + 1) : n % 3 === 1 ? BigInt(oldMfn(i % 60)) : pointer + BigInt(i);
        writeWord(guest.page(pfn), i * width, width, value);
      }
    });
    expect(guest.find()?.top).toBe(7);
  });

  it('with several middle pages, those that only leaves below another one show are found too', async () => {
    const perPage = 4096 / width;
    const second = perPage ** 2;
    // 3 leaf of the first pages, 4 missing, 5 and 10 middle pages, 6 missing middle, 7 top, 11 leaf of the last pages.
    const guest = await OldGuest.create(width, second + 20, [3, 4, 5, 6, 7, 10, 11, second, second + 3]);
    guest.leaf(3, 0);
    guest.leaf(11, perPage);
    guest.list(4, () => undefined);
    guest.list(5, (i) => (i === 0 ? 3 : 4));
    guest.list(10, (i) => (i === 0 ? 11 : 4));
    guest.list(6, () => 4);
    guest.list(7, (i) => [5, 10][i] ?? 6);
    const tree = guest.find();
    expect(tree?.top).toBe(7);
    rebuildP2mTree(host.state, guest.domain, tree!);
    expect([guest.named(7, 0), guest.named(7, 1), guest.named(7, 2)]).toEqual([5, 10, 6]);
    expect([guest.named(10, 0), guest.named(10, 1), guest.named(5, 1)]).toEqual([11, 4, 4]);
  });
});
