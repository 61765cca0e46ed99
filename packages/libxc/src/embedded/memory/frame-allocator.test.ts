import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameAllocator } from './frame-allocator.js';
import { layoutMachine, type MachineLayout } from './layout.js';
import { Random } from './random.js';

const make = (mebibytes: number, seed: number) => {
  const random = new Random(seed);
  const layout = layoutMachine(mebibytes, random);
  return { layout, allocator: new FrameAllocator(layout, random) };
};

const isRam = ({ stretches }: MachineLayout, mfn: number) =>
  stretches.some(({ first, count }) => mfn >= first && mfn < first + count);

function takeAll(allocator: FrameAllocator): number[] {
  const taken: number[] = [];
  for (let mfn = allocator.allocateFrame(); mfn !== undefined; mfn = allocator.allocateFrame()) taken.push(mfn);
  return taken;
}

describe('single frames', () => {
  it('are all of the RAM, each once, never 0, some above 2^20', () => {
    const { layout, allocator } = make(64, 1);
    const taken = takeAll(allocator);
    expect(taken.length).toBe(layout.frames);
    expect(new Set(taken).size).toBe(layout.frames);
    expect(taken.every((mfn) => mfn > 0 && isRam(layout, mfn))).toBe(true);
    expect(taken.some((mfn) => mfn >= 2 ** 20)).toBe(true);
    expect(taken.some((mfn) => mfn < 2 ** 20)).toBe(true);
    expect(allocator.freeFrames).toBe(0);
  });

  it('come in short runs of mixed length, from both sides of 4 GiB', () => {
    const { allocator } = make(512, 2);
    const taken = Array.from({ length: 20_000 }, () => allocator.allocateFrame()!);
    const runs: number[] = [];
    let length = 1;
    for (let i = 1; i < taken.length; i++) {
      if (taken[i] === taken[i - 1]! + 1) length++;
      else {
        runs.push(length);
        length = 1;
      }
    }
    expect(Math.max(...runs)).toBeLessThanOrEqual(128);
    expect(new Set(runs).size).toBeGreaterThan(30);
    expect(taken.length / runs.length).toBeGreaterThan(8);
  });

  it('are scrambled differently by another seed, alike by the same', () => {
    const some = (seed: number) => {
      const { allocator } = make(64, seed);
      return Array.from({ length: 500 }, () => allocator.allocateFrame());
    };
    expect(some(5)).toEqual(some(5));
    expect(some(5)).not.toEqual(some(6));
  });
});

describe('blocks', () => {
  it('are aligned; some requests fail though there are blocks', () => {
    const { allocator } = make(1024, 3);
    let refused = 0;
    for (let i = 0; i < 400; i++) {
      const mfn = allocator.allocateBlock();
      if (mfn === undefined) refused++;
      else expect(mfn % 512).toBe(0);
    }
    expect(refused).toBeGreaterThan(0);
    expect(refused).toBeLessThan(40);
  });

  it('come back whole once all their frames did', () => {
    const { layout, allocator } = make(64, 4);
    for (const mfn of takeAll(allocator)) allocator.release(mfn);
    let blocks = 0;
    while (allocator.takeBlock() !== undefined) blocks++;
    expect(blocks * 512).toBe(layout.frames);
  });
});

it('never gives a frame twice, whatever is asked and given back in whatever order', () => {
  const step = fc.record({ op: fc.constantFrom('frame', 'block', 'release', 'releaseMany'), at: fc.nat() });
  fc.assert(
    fc.property(fc.integer(), fc.array(step, { maxLength: 400 }), (seed, steps) => {
      const { layout, allocator } = make(64, seed);
      const held = new Set<number>();
      const hold = (mfn: number | undefined, count: number) => {
        for (let i = 0; mfn !== undefined && i < count; i++) {
          expect(held.has(mfn + i)).toBe(false);
          held.add(mfn + i);
        }
      };
      const release = (at: number) => {
        const mfn = [...held][at % held.size]!;
        held.delete(mfn);
        allocator.release(mfn);
      };
      for (const { op, at } of steps) {
        if (op === 'frame') hold(allocator.allocateFrame(), 1);
        else if (op === 'block') hold(allocator.allocateBlock(), 512);
        else for (let n = op === 'release' ? 1 : 100; n > 0 && held.size > 0; n--) release(at);
        expect(allocator.freeFrames).toBe(layout.frames - held.size);
      }
    }),
    { numRuns: 20 },
  );
});

it('a block that is whole again is not the one that single frames go on to come from', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const { allocator } = make(64, seed);
    const frame = allocator.allocateFrame()!;
    allocator.release(frame);
    const taken = new Set<number>();
    const takeBlock = () => {
      const first = allocator.takeBlock();
      for (let i = 0; first !== undefined && i < 512; i++) taken.add(first + i);
      return first !== undefined;
    };
    // There are no more blocks than frames come from at a time: none is whole until this looks for one.
    takeBlock();
    const next = allocator.allocateFrame()!;
    expect(taken.has(next)).toBe(false);
    while (takeBlock());
    expect(taken.has(next)).toBe(false);
  }
});

it('says so when a frame is freed twice or is no RAM', () => {
  const { allocator } = make(64, 9);
  const mfn = allocator.allocateFrame()!;
  allocator.release(mfn);
  expect(() => allocator.release(mfn)).toThrow(/twice/);
  expect(() => allocator.release(0)).toThrow(/no RAM/);
});
