import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FrameStack } from '../frame-lists.js';
import type { GuestWidth } from './layout.js';
import type { PvAddressSpace } from './p2m.js';
import { collectUnseen, localiseTable, normaliseTable } from './page-table.js';
import { addressSpace, scrambled } from './testing/address-space.js';

const PAGES = 3000;
const SPAN = 8192;
const source = (width: GuestWidth) => addressSpace(width, scrambled(PAGES, SPAN, 4099), SPAN);
const target = (width: GuestWidth) => addressSpace(width, scrambled(PAGES, SPAN, 2731), SPAN);

/** A table from its entries, as 64-bit values. */
function tableOf(entries: Readonly<Record<number, bigint>>): Uint32Array {
  const wide = new BigUint64Array(512);
  for (const [at, entry] of Object.entries(entries)) wide[Number(at)] = entry;
  return new Uint32Array(wide.buffer);
}

const entriesOf = (table: Uint32Array) => new BigUint64Array(table.buffer);
const entry = (frame: number, flags: bigint) => (BigInt(frame) << 12n) | flags;
const kind = (width: GuestWidth, level: number, compatMfn = -1) => ({ width, level, compatMfn });

function normalised(table: Uint32Array, width: GuestWidth, level: number, space: PvAddressSpace, compatMfn = -1) {
  const out = new Uint32Array(1024).fill(0xdead);
  const fault = normaliseTable(table, out, kind(width, level, compatMfn), space);
  return { fault, entries: entriesOf(out), out };
}

/** Any flags but: present always, no superpage; NX (63) and the bits that software may use (52..58) among them. */
const flags = fc.bigInt(0n, 0xfffn).map((low) => (low | 1n) & ~0x80n);
const highFlags = fc.constantFrom(0n, 1n << 63n, 0x7fn << 52n, (1n << 63n) | (0x11n << 52n));
/** Not present: the guest's own business, whatever it is. */
const absent = fc.bigInt(0n, 2n ** 64n - 1n).map((value) => value & ~1n);

test.each([4, 8] as const)('width %i: out on one machine and in on another, only the frames differ', (width) => {
  const there = source(width);
  const here = target(width);
  const present = fc.tuple(fc.nat(PAGES - 1), flags, highFlags);
  fc.assert(
    fc.property(fc.array(fc.oneof(present, absent), { minLength: 512, maxLength: 512 }), (slots) => {
      const asOn = (space: PvAddressSpace | undefined) =>
        BigUint64Array.from(slots, (slot) => {
          if (typeof slot === 'bigint') return slot;
          const [pfn, low, high] = slot;
          return entry(space === undefined ? pfn : space.p2m.mfnOf(pfn), low | high);
        });
      const { fault, out, entries } = normalised(new Uint32Array(asOn(there).buffer), width, 1, there);
      expect(fault).toBeUndefined();
      expect(entries).toEqual(asOn(undefined));
      expect(collectUnseen(out, here, new FrameStack())).toBeUndefined();
      expect(localiseTable(out, here)).toBeUndefined();
      expect(entriesOf(out)).toEqual(asOn(here));
    }),
    { numRuns: 30 },
  );
});

test.each([
  ['64-bit level 4', 8, 4, 256, 272],
  ['32-bit level 3', 4, 3, 4, 512],
] as const)("%s: Xen's own slots become zero, whatever is in them", (_, width, level, from, to) => {
  const space = source(width);
  const own = entry(space.p2m.mfnOf(5), 0x67n);
  const xens = 0xffff_ffff_ffff_ff63n;
  const table = tableOf(
    Object.fromEntries(Array.from({ length: 512 }, (_, i) => [i, i >= from && i < to ? xens : own])),
  );
  const { fault, entries } = normalised(table, width, level, space);
  expect(fault).toBeUndefined();
  for (let i = 0; i < 512; i++) expect(entries[i]).toBe(i >= from && i < to ? 0n : entry(5, 0x67n));
});

test('32-bit level 2: only the table that maps the compat M2P has slots of Xen', () => {
  const space = source(4);
  const compat = 2;
  const withXen = tableOf({ 0: entry(space.p2m.mfnOf(9), 0x67n), 428: entry(compat, 0x63n), 511: entry(7777, 0x63n) });
  expect(normalised(withXen, 4, 2, space, compat).fault).toBeUndefined();
  expect(normalised(withXen, 4, 2, space, compat).entries[511]).toBe(0n);
  const without = tableOf({ 428: entry(space.p2m.mfnOf(4), 0x67n) });
  expect(normalised(without, 4, 2, space, compat).entries[428]).toBe(entry(4, 0x67n));
  expect(normalised(withXen, 4, 2, space).fault).toMatchObject({ reason: 'untranslatable', entry: 428, frame: compat });
});

test.each([4, 8] as const)('width %i: what is not the guest’s own memory is named by entry and frame', (width) => {
  const space = source(width);
  const foreign = 2;
  // The foreign frame's M2P entry is a pfn that the guest has, too: only the p2m tells.
  expect(space.m2p.pfnOf(foreign)).toBeLessThan(PAGES);
  for (const frame of [foreign, SPAN + 1, 2 ** 39]) {
    const table = tableOf({ 3: entry(space.p2m.mfnOf(1), 1n), 77: entry(frame, 0x27n | (1n << 63n)) });
    expect(normalised(table, width, 1, space).fault).toEqual({ reason: 'untranslatable', entry: 77, frame });
  }
});

test.each([4, 8] as const)('width %i: a superpage is refused above level 1; at level 1 that bit is PAT', (width) => {
  const space = source(width);
  const table = tableOf({ 8: entry(space.p2m.mfnOf(512), 0xe7n) });
  expect(normalised(table, width, 2, space).fault).toMatchObject({ reason: 'superpage', entry: 8 });
  expect(normalised(table, width, 1, space).entries[8]).toBe(entry(512, 0xe7n));
});

test('a 32-bit guest has no level 4', () => {
  expect(normalised(tableOf({}), 4, 4, source(4)).fault).toMatchObject({ reason: 'no-such-level' });
});

test('unseen pfns are collected, pfns that the guest can not have are refused', () => {
  const space = target(8);
  space.p2m.set(40, -1);
  expect(space.p2m.mfnOf(40)).toBe(-1);
  const unseen = new FrameStack();
  const table = tableOf({ 1: entry(40, 1n), 2: entry(41, 1n), 3: entry(40, 0n), 4: entry(40, 3n) });
  expect(collectUnseen(table, space, unseen)).toBeUndefined();
  expect([...unseen.frames]).toEqual([40, 40]);
  expect(localiseTable(table, space)).toEqual({ reason: 'untranslatable', entry: 1, frame: 40 });
  for (const pfn of [PAGES, 2 ** 32, 2 ** 40 - 1]) {
    expect(collectUnseen(tableOf({ 6: entry(pfn, 1n) }), space, new FrameStack())).toEqual({
      reason: 'out-of-range',
      entry: 6,
      frame: pfn,
    });
  }
});
