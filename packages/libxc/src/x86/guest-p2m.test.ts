import { expect, test } from 'vitest';
import type { Hypervisor } from '../hypervisor/hypervisor.js';
import { foldCr3 } from './cr3.js';
import { mapGuestP2m } from './guest-p2m.js';
import { type GuestWidth, pvLayout } from './layout.js';
import { MachineToPhys } from './m2p.js';
import { writeWord } from './words.js';

const SPAN = 1 << 18;

/**
 * Frames of a machine, those of one guest among them: as much as its p2m is made of. Frames are handed out with a step,
 * so that no two lie side by side.
 */
class Frames {
  readonly m2p = new Uint32Array(SPAN * 2).fill(0xffff_ffff);
  readonly sharedInfo = new Uint8Array(4096);
  readonly layout;
  mapped = 0;
  private readonly pages = new Map<number, Uint8Array>();
  private used = 0;

  constructor(readonly width: GuestWidth) {
    this.layout = pvLayout(width);
  }

  take(pfn: number): number {
    const mfn = (++this.used * 5003) % SPAN;
    this.pages.set(mfn, new Uint8Array(4096));
    this.m2p[mfn * 2] = pfn;
    this.m2p[mfn * 2 + 1] = 0;
    return mfn;
  }

  page(mfn: number): Uint8Array {
    return this.pages.get(mfn)!;
  }

  words(mfn: number, values: readonly number[]): void {
    for (const [i, value] of values.entries()) {
      writeWord(this.page(mfn), i * this.width, this.width, BigInt(value));
    }
  }

  entry(table: number, slot: number, mfn: number): void {
    new DataView(this.page(table).buffer).setBigUint64(slot * 8, (BigInt(mfn) << 12n) | 0x67n, true);
  }

  shared(field: 'pfnCount' | 'frameListList' | 'p2mCr3' | 'p2mVaddr', value: bigint): void {
    writeWord(this.sharedInfo, this.layout.sharedInfo[field], this.width, value);
  }

  find() {
    const hypervisor: Partial<Hypervisor> = {
      mapForeign: async (_domid, gfns) => {
        this.mapped++;
        return {
          count: gfns.length,
          errors: Uint8Array.from(gfns, (gfn) => (this.pages.has(gfn) ? 0 : 22)),
          page: (i) => this.page(gfns[i]!),
          runs: (from, to) => [...gfns.subarray(from, to)].map((gfn) => this.page(gfn)),
          read: async (from, to) => [...gfns.subarray(from, to)].map((gfn) => this.page(gfn)),
          write: () => Promise.reject(new Error('nothing is written when a p2m is looked for')),
          unmap: async () => {
            this.mapped--;
          },
        };
      },
    };
    const { sharedInfo, layout } = this;
    const m2p = MachineToPhys.of(this.m2p);
    return mapGuestP2m({ hypervisor: hypervisor as Hypervisor, domid: 1, layout, sharedInfo, m2p });
  }
}

const perPage = (width: GuestWidth) => 4096 / width;

/**
 * A p2m with so many leaves, whose own pages are the guest's pfns 0, 1, 2 ...
 * @returns the leaves' mfns
 */
function leavesOf(frames: Frames, count: number): number[] {
  const leaves = Array.from({ length: count }, (_, pfn) => frames.take(pfn));
  for (const leaf of leaves) frames.page(leaf).fill(0xff);
  frames.words(leaves[0]!, leaves);
  return leaves;
}

test.each([4, 8] as const)('width %i: a tree is found, and its pages by their pfns', async (width) => {
  const frames = new Frames(width);
  const leaves = leavesOf(frames, 20);
  const [top, mid] = [frames.take(100), frames.take(101)];
  frames.words(top, [mid]);
  frames.words(mid, leaves);
  frames.shared('pfnCount', BigInt(20 * perPage(width) - 5));
  frames.shared('frameListList', BigInt(top));
  const found = await frames.find();
  expect(found.kind).toBe('tree');
  expect(found.p2m.maxPfn).toBe(20 * perPage(width) - 6);
  expect([...found.frames]).toEqual(leaves.map((_, pfn) => pfn));
  expect(found.p2m.mfnOf(7)).toBe(leaves[7]);
  // The mapping is live: what the guest changes is seen.
  writeWord(frames.page(leaves[3]!), 8 * width, width, 4711n);
  expect(found.p2m.mfnOf(3 * perPage(width) + 8)).toBe(4711);
  expect(found.p2m.mfnOf(3 * perPage(width) + 9)).toBe(-1);
  await found.unmap();
  expect(frames.mapped).toBe(0);
});

test('a tree with room for hot-plugged memory is cut after the first of its empty mid pages', async () => {
  const frames = new Frames(8);
  const leaves = leavesOf(frames, 512);
  const [top, mid, emptyMid] = [frames.take(600), frames.take(601), frames.take(602)];
  frames.words(top, [mid, emptyMid, emptyMid, emptyMid]);
  frames.words(mid, leaves);
  frames.words(emptyMid, Array(512).fill(leaves[511]!));
  frames.shared('pfnCount', 4n * 512n * 512n);
  frames.shared('frameListList', BigInt(top));
  expect((await frames.find()).p2m.maxPfn).toBe(2 * 512 * 512 - 1);
});

/** The p2m at a virtual address; pages of level-1 tables that map leaves in order. */
function linear(frames: Frames, vaddr: bigint, leaves: readonly number[]): void {
  const { levels, width } = frames.layout;
  const root = frames.take(900);
  const tables = new Map<string, number>([[`${levels}`, root]]);
  for (const [i, leaf] of leaves.entries()) {
    const va = BigInt.asUintN(width === 8 ? 48 : 32, vaddr) + BigInt(i) * 4096n;
    let table = root;
    for (let level: number = levels; level > 1; level--) {
      const shift = BigInt(9 * level + 3);
      const key = `${level - 1}:${va >> shift}`;
      let next = tables.get(key);
      if (next === undefined) {
        next = frames.take(1000 + tables.size);
        tables.set(key, next);
        frames.entry(table, Number((va >> shift) & 511n), next);
      }
      table = next;
    }
    frames.entry(table, Number((va >> 12n) & 511n), leaf);
  }
  frames.shared('p2mCr3', foldCr3(root, width));
  frames.shared('p2mVaddr', vaddr);
}

test.each([
  [8, 0xffff_c900_0000_0000n, 700],
  [8, 0xffff_c900_0000_0000n - 3n * 4096n, 700],
  [8, 0x0000_7fff_c000_0000n - 512n * 4096n, 513],
  [4, 0xc000_0000n, 700],
  [4, 0xc000_0000n - 5n * 4096n, 700],
] as const)('width %i: a linear p2m at 0x%s of %i pages', async (width, vaddr, count) => {
  const frames = new Frames(width);
  const leaves = leavesOf(frames, 512);
  const list = Array.from({ length: count }, (_, i) => leaves[i % 512]!);
  // Two leaves of the same frame in the middle of the list are no reason to cut it.
  linear(frames, vaddr, list);
  frames.shared('pfnCount', BigInt(count * perPage(width)));
  const found = await frames.find();
  expect(found.kind).toBe('linear');
  expect(found.p2m.maxPfn).toBe(count * perPage(width) - 1);
  expect([...found.frames]).toEqual(list.map((_, i) => i % 512));
  await found.unmap();
  expect(frames.mapped).toBe(0);
});

test('a linear p2m is preferred, and cut before the tables that repeat at its end', async () => {
  const frames = new Frames(8);
  const leaves = leavesOf(frames, 512);
  const vaddr = 0xffff_c900_0000_0000n;
  linear(frames, vaddr, [...leaves, ...leaves]);
  // Level 2 has two entries so far; two more show the second table again.
  const walk = (table: number, slot: number) =>
    Number((new DataView(frames.page(table).buffer).getBigUint64(slot * 8, true) >> 12n) & 0xff_ffff_ffffn);
  const root = Number(
    new DataView(frames.sharedInfo.buffer).getBigUint64(frames.layout.sharedInfo.p2mCr3, true) >> 12n,
  );
  const level2 = walk(walk(root, Number((vaddr >> 39n) & 511n)), Number((vaddr >> 30n) & 511n));
  for (const slot of [2, 3]) frames.entry(level2, slot, walk(level2, 1));
  frames.shared('pfnCount', 4n * 512n * 512n);
  frames.shared('frameListList', 0xffff_ffff_ffffn);
  const found = await frames.find();
  expect(found.kind).toBe('linear');
  // All of the run goes, its first table too: three equal entries are one table that maps nothing.
  expect(found.p2m.maxPfn).toBe(512 * 512 - 1);
});

test.each([
  ['no p2m yet', (f: Frames) => f.shared('pfnCount', 0n), 'has not set up'],
  ['a count from nowhere', (f: Frames) => f.shared('pfnCount', 2n ** 40n), 'claims'],
  ['more than a tree holds', (f: Frames) => f.shared('pfnCount', 2n ** 27n + 1n), 'no room'],
  ['no tree', (f: Frames) => f.shared('frameListList', 0n), 'bad mfn 0x0'],
  ['a guest that has no tree', (f: Frames) => f.shared('frameListList', 2n ** 64n - 1n), 'bad mfn all ones'],
  ['a frame past the machine', (f: Frames) => f.shared('frameListList', BigInt(SPAN)), 'bad mfn'],
  ["a frame that isn't the guest's", (f: Frames) => f.shared('frameListList', 3n), "can't be mapped"],
  ['a stale CR3', (f: Frames) => f.shared('p2mCr3', BigInt(SPAN) << 12n), 'again, if it was restored'],
] as const)('refused: %s', async (_, spoil, message) => {
  const frames = new Frames(8);
  const leaves = leavesOf(frames, 4);
  const [top, mid] = [frames.take(100), frames.take(101)];
  frames.words(top, [mid]);
  frames.words(mid, leaves);
  frames.shared('pfnCount', 2048n);
  frames.shared('frameListList', BigInt(top));
  spoil(frames);
  const error = await frames.find().catch((e: unknown) => e);
  expect(error).toMatchObject({ name: 'BadP2mError', message: expect.stringContaining(message) });
  expect(frames.mapped).toBe(0);
});

test.each([
  [8, 0xffff_8000_0000_0000n, 'where Xen does'],
  [8, 0xffff_7fff_0000_0000n, 'canonical'],
  [8, 0x0000_7fff_ffff_f000n, 'canonical'],
  [8, 0xffff_ffff_ffff_f000n, 'wraps around'],
  [4, 0xf57f_f000n, 'where Xen does'],
] as const)('width %i: no guest has its p2m at 0x%s', async (width, vaddr, message) => {
  const frames = new Frames(width);
  const leaves = leavesOf(frames, 4);
  linear(frames, width === 8 ? 0xffff_c900_0000_0000n : 0xc000_0000n, leaves);
  frames.shared('p2mVaddr', vaddr);
  frames.shared('pfnCount', BigInt(4 * perPage(width)));
  await expect(frames.find()).rejects.toThrow(message);
});

test("a page of the p2m that is not the guest's own is refused: its number would mean nothing elsewhere", async () => {
  const frames = new Frames(8);
  const leaves = leavesOf(frames, 4);
  const [top, mid] = [frames.take(100), frames.take(101)];
  frames.words(top, [mid]);
  frames.words(mid, leaves);
  frames.shared('pfnCount', 2048n);
  frames.shared('frameListList', BigInt(top));
  writeWord(frames.page(leaves[0]!), 2 * 8, 8, 12345n);
  await expect(frames.find()).rejects.toThrow('page 2 of the p2m');
  expect(frames.mapped).toBe(0);
});
