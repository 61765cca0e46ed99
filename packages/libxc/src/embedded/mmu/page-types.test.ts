import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FLAG, FRAME_TYPE, INDEX_MASK } from '../memory/frame-table.js';
import { Machine } from '../memory/machine.js';
import { PageTypes } from './page-types.js';

const DOM = { domid: 1, width: 8 } as const;
const DOM32 = { domid: 1, width: 4 } as const;
const RW = 0x67;
const RO = 0x65;

let directory: string;
let machine: Machine;
let types: PageTypes;
/** Frames that became tables, or ceased to be. */
let changed: number[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'xen-mmu-'));
  machine = Machine.create({ path: join(directory, 'memory'), mebibytes: 64, seed: 5 });
  changed = [];
  types = new PageTypes(machine, (mfn, domid) => {
    expect(domid).toBe(DOM.domid);
    changed.push(mfn);
  });
});

afterEach(() => {
  machine.destroy();
  rmSync(directory, { recursive: true });
});

const frame = (owner = 1, flags = 0) => {
  const mfn = machine.allocate(owner, 0, flags)!;
  machine.memory.words(mfn).fill(0);
  return mfn;
};
const link = (table: number, entry: number, target: number, flags: number) => {
  const words = machine.memory.words(table);
  words[entry * 2] = ((target << 12) | flags) >>> 0;
  words[entry * 2 + 1] = Math.floor(target / 2 ** 20);
};
const state = (mfn: number) => {
  const columns = machine.frames.columns(mfn)!;
  const at = mfn & INDEX_MASK;
  const { type, count, typeCount, flags } = columns;
  return { type: type[at]!, count: count[at]!, typeCount: typeCount[at]!, flags: flags[at]! };
};
const pin = (level: number, mfn: number, owner: { domid: number; width: 4 | 8 } = DOM) =>
  machine.freeing((freed) => types.pin(mfn, owner, level, freed));
const unpin = (mfn: number, owner: { domid: number; width: 4 | 8 } = DOM) =>
  machine.freeing((freed) => types.unpin(mfn, owner, freed));
const update = (mfn: number, entry: number, target: number, flags: number) =>
  machine.freeing((freed) =>
    types.update(mfn, entry, ((target << 12) | flags) >>> 0, Math.floor(target / 2 ** 20), DOM, freed),
  );

/** A tree of one table for each level that maps one data frame. */
function tree() {
  const [l4, l3, l2, l1, data] = [frame(), frame(), frame(), frame(), frame()];
  link(l4!, 0, l3!, RW);
  link(l3!, 0, l2!, RW);
  link(l2!, 0, l1!, RW);
  link(l1!, 7, data!, RW);
  return { l4: l4!, l3: l3!, l2: l2!, l1: l1!, data: data! };
}

describe('pinning', () => {
  it('validates all the way down, and unpinning undoes all of it', () => {
    const { l4, l3, l2, l1, data } = tree();
    pin(4, l4);
    expect(state(l4)).toMatchObject({ type: FRAME_TYPE.l4, typeCount: 1, count: 2 });
    expect(state(l3)).toMatchObject({ type: FRAME_TYPE.l3, typeCount: 1 });
    expect(state(l2)).toMatchObject({ type: FRAME_TYPE.l2, typeCount: 1 });
    expect(state(l1)).toMatchObject({ type: FRAME_TYPE.l1, typeCount: 1 });
    expect(state(data)).toMatchObject({ type: FRAME_TYPE.writable, typeCount: 1, count: 2 });
    unpin(l4);
    for (const mfn of [l4, l3, l2, l1, data]) {
      expect(state(mfn)).toMatchObject({ typeCount: 0, count: 1, flags: FLAG.allocated });
    }
  });

  it('tells of every table below, when it becomes one and when its last use is gone', () => {
    const { l4, l3, l2, l1, data } = tree();
    pin(4, l4);
    expect(changed.splice(0).sort()).toEqual([l4, l3, l2, l1].sort());
    pin(1, l1);
    unpin(l4);
    // The level-1 table is in use yet; memory is no table.
    expect(changed.splice(0).sort()).toEqual([l4, l3, l2].sort());
    unpin(l1);
    expect(changed.splice(0)).toEqual([l1]);
    expect(state(data)).toMatchObject({ typeCount: 0, count: 1 });
  });

  it('of what is pinned, and unpinning of what is not, are errors that change nothing', () => {
    const { l4 } = tree();
    pin(4, l4);
    const before = state(l4);
    expect(() => pin(4, l4)).toThrow(/pinned already/);
    expect(state(l4)).toEqual(before);
    unpin(l4);
    expect(() => unpin(l4)).toThrow(/not pinned/);
  });

  it("fills Xen's slots of a level-4 table, whatever the guest wrote there", () => {
    const { l4 } = tree();
    link(l4, 256, 12345, RW);
    link(l4, 271, 0xfffff, RW);
    pin(4, l4);
    const words = machine.memory.words(l4);
    for (let entry = 256; entry < 272; entry++) expect(words[entry * 2]! & 1).toBe(1);
    expect(words[256 * 2]! >>> 12).toBe(machine.m2p.extents[0]! % 2 ** 20);
    expect(words[272 * 2]).toBe(0);
    unpin(l4);
  });
});

describe('validation refuses, naming table and entry,', () => {
  const faulty = (flaw: (t: ReturnType<typeof tree>) => void, message: (t: ReturnType<typeof tree>) => string) => {
    const t = tree();
    flaw(t);
    expect(() => pin(4, t.l4)).toThrow(message(t));
    // Nothing is left of the attempt.
    for (const mfn of Object.values(t)) expect(state(mfn)).toMatchObject({ typeCount: 0, count: 1 });
  };
  const hex = (n: number) => `0x${n.toString(16)}`;

  it('a frame of another domain', () => {
    const foreign = frame(2);
    faulty(
      (t) => link(t.l1, 9, foreign, RO),
      (t) => `mfn ${hex(t.l1)} entry 9: (level 1) names mfn ${hex(foreign)}, which does not belong to domain 1`,
    );
  });

  it('a frame that the machine does not have', () => {
    faulty(
      (t) => link(t.l1, 511, 2 ** 30, RO),
      (t) => `mfn ${hex(t.l1)} entry 511: (level 1) names mfn 0x40000000, which the machine does not have`,
    );
  });

  it('a writable mapping of a page table', () => {
    faulty(
      (t) => link(t.l1, 8, t.l2, RW),
      (t) =>
        `mfn ${hex(t.l1)} entry 8: (level 1) names mfn ${hex(t.l2)}, writable, but that is in use as a level-2 table`,
    );
  });

  it('a superpage', () => {
    faulty(
      (t) => link(t.l2, 3, t.data, RW | 0x80),
      (t) => `mfn ${hex(t.l2)} entry 3: (level 2) names mfn ${hex(t.data)}: a superpage`,
    );
  });

  it('a table of the wrong level', () => {
    faulty(
      (t) => link(t.l3, 1, t.l1, RW),
      (t) => `mfn ${hex(t.l3)} entry 1: (level 3) names mfn ${hex(t.l1)}: in use as a level-1 table`,
    );
  });

  it('a table that is written through another mapping', () => {
    const t = tree();
    machine.freeing((freed) => types.getTyped(t.l1, DOM, FRAME_TYPE.writable, freed));
    expect(() => pin(4, t.l4)).toThrow(/writable memory/);
    machine.freeing((freed) => types.putTyped(t.l1, DOM, freed));
    pin(4, t.l4);
    expect(() => machine.freeing((freed) => types.getTyped(t.l1, DOM, FRAME_TYPE.writable, freed))).toThrow(
      /in use as a level-1 table/,
    );
  });

  it('a frame that Xen shares with the domain as a table, but not as memory', () => {
    const shared = frame(1, FLAG.special);
    faulty(
      (t) => link(t.l2, 1, shared, RW),
      (t) => `mfn ${hex(t.l2)} entry 1`,
    );
    const t = tree();
    link(t.l1, 0, shared, RW);
    pin(4, t.l4);
  });
});

describe('mappings that are allowed', () => {
  it('tables read-only, and a level-4 table of itself', () => {
    const t = tree();
    for (const [i, mfn] of [t.l4, t.l3, t.l2, t.l1].entries()) link(t.l1, 100 + i, mfn, RO);
    link(t.l4, 300, t.l4, 0x65);
    pin(4, t.l4);
    unpin(t.l4);
    for (const mfn of Object.values(t)) expect(state(mfn)).toMatchObject({ typeCount: 0, count: 1 });
  });

  it('entries that are not present hold anything', () => {
    const t = tree();
    const words = machine.memory.words(t.l1);
    words[40] = 0xffff_fffe;
    words[41] = 0xffff_ffff;
    pin(4, t.l4);
  });
});

describe('updates of a table in use', () => {
  it('move references from the old frame to the new', () => {
    const t = tree();
    const other = frame();
    pin(4, t.l4);
    update(t.l1, 7, other, RW);
    expect(state(t.data)).toMatchObject({ typeCount: 0, count: 1 });
    expect(state(other)).toMatchObject({ type: FRAME_TYPE.writable, typeCount: 1, count: 2 });
    update(t.l1, 7, 0, 0);
    expect(state(other)).toMatchObject({ typeCount: 0, count: 1 });
  });

  it("refuse what validation refuses, and Xen's slots", () => {
    const t = tree();
    const foreign = frame(2);
    pin(4, t.l4);
    expect(() => update(t.l1, 7, foreign, RW)).toThrow(/does not belong/);
    expect(() => update(t.l1, 7, t.l2, RW)).toThrow(/in use as a level-2 table/);
    expect(() => update(t.l4, 256, t.l3, RW)).toThrow(/belongs to Xen/);
    expect(state(t.data)).toMatchObject({ typeCount: 1 });
  });

  it('a frame that is unmapped may become a table, and data again', () => {
    const t = tree();
    pin(4, t.l4);
    expect(() => pin(1, t.data)).toThrow(/writable memory/);
    update(t.l1, 7, t.data, RO);
    pin(1, t.data);
    expect(() => update(t.l1, 7, t.data, RW)).toThrow(/in use as a level-1 table/);
    unpin(t.data);
    update(t.l1, 7, t.data, RW);
  });
});

describe('32-bit guests (PAE)', () => {
  it("have three levels; the level-2 table in the last slot carries Xen's entries", () => {
    const [l3, low, high, l1] = [frame(), frame(), frame(), frame()];
    link(l3!, 0, low!, 1);
    link(l3!, 3, high!, 1);
    link(low!, 0, l1!, RW);
    link(high!, 0, l1!, RW);
    link(l3!, 4, 0xdead, RW);
    link(high!, 428, 0xdead, RW);
    pin(3, l3!, DOM32);
    const frameAt = (table: number, entry: number) => {
      const words = machine.memory.words(table);
      return (words[entry * 2 + 1]! & 0xfffff) * 2 ** 20 + (words[entry * 2]! >>> 12);
    };
    expect(frameAt(high!, 428)).toBe(machine.compatM2pMfn);
    expect(frameAt(low!, 428)).toBe(0);
    expect(frameAt(l3!, 4)).toBe(0);
    unpin(l3!, DOM32);
    for (const mfn of [l3!, low!, high!, l1!]) expect(state(mfn)).toMatchObject({ typeCount: 0, count: 1 });
  });

  it('have no level-4 tables', () => {
    const mfn = frame();
    expect(() => pin(4, mfn, DOM32)).toThrow(/no level-4/);
  });
});
