import { spawnSync } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import type { GuestWidth } from '../../packages/libxc/src/x86/layout.js';
import type { PvAddressSpace } from '../../packages/libxc/src/x86/p2m.js';
import { localiseTable, normaliseTable } from '../../packages/libxc/src/x86/page-table.js';
import { addressSpace } from '../../packages/libxc/src/x86/testing/address-space.js';

// npm run bench -- tables: how many bytes of page tables a core translates in a second, beside a copy of the same bytes
// in the same run.

const GUEST_PAGES = 2 ** 18;
const SPAN = GUEST_PAGES * 2;
const WORDS = 1024;
/** In runs, as the embedded host and a real one give frames; and in no order, where each lookup misses the cache. */
const RUNS = [512, 32, 1] as const;
/** Of a few milliseconds each: short enough that some meet no other work. */
const ROUNDS = 100;

/** pfns in runs of frames that lie side by side, the runs scattered over the machine. */
function frames(run: number): number[] {
  const slots = SPAN / run;
  // Odd, so that it visits each slot once; far from one, so that neighbours do not meet.
  const step = Math.floor(slots * 0.618) | 1;
  return Array.from({ length: GUEST_PAGES }, (_, pfn) => {
    const slot = ((Math.floor(pfn / run) + 1) * step) % slots;
    return slot * run + (pfn % run);
  });
}

/** The level-1 tables that map all of the guest, as it has them: mfns. */
function tables({ p2m }: PvAddressSpace): Uint32Array[] {
  return Array.from({ length: GUEST_PAGES / 512 }, (_, table) => {
    const words = new Uint32Array(WORDS);
    for (let i = 0; i < 512; i++) {
      const mfn = p2m.mfnOf(table * 512 + i);
      words[i * 2] = ((mfn << 12) | 0x67) >>> 0;
      words[i * 2 + 1] = Math.floor(mfn / 2 ** 20);
    }
    return words;
  });
}

/** GB/s of the fastest round. */
function fastest(bytes: number, prepare: () => void, work: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    prepare();
    const began = performance.now();
    work();
    best = Math.min(best, performance.now() - began);
  }
  return bytes / best / 1e6;
}

function figures(width: GuestWidth, run: number) {
  const space = addressSpace(width, frames(run), SPAN);
  const sources = tables(space);
  const targets = sources.map(() => new Uint32Array(WORDS));
  const bytes = sources.length * WORDS * 4;
  const kind = { width, level: 1, compatMfn: -1 };
  const normalise = () => {
    for (const [i, source] of sources.entries()) {
      const fault = normaliseTable(source, targets[i]!, kind, space);
      if (fault !== undefined) throw new Error(`entry ${fault.entry} is ${fault.reason}`);
    }
  };
  const copy = () => {
    for (const [i, source] of sources.entries()) targets[i]!.set(source);
  };
  const localise = () => {
    for (const table of targets) {
      const fault = localiseTable(table, space);
      if (fault !== undefined) throw new Error(`entry ${fault.entry} is ${fault.reason}`);
    }
  };
  const nothing = () => {};
  return {
    normalise: fastest(bytes, nothing, normalise),
    localise: fastest(bytes, normalise, localise),
    copy: fastest(bytes, nothing, copy),
  };
}

const GOAL = 1;
const line = (words: readonly string[]) =>
  console.log(
    words
      .map((word) => word.padEnd(16))
      .join('')
      .trimEnd(),
  );

function printFigures(width: GuestWidth): void {
  for (const run of RUNS) {
    const { normalise, localise, copy } = figures(width, run);
    const frames = run === 1 ? 'in no order' : `of ${run}`;
    const speeds = [normalise, localise, copy].map((speed) => speed.toFixed(2));
    line([`${width * 8}-bit`, frames, ...speeds, normalise >= GOAL ? 'yes' : 'NO']);
  }
}

// Each kind of guest in a process of its own, as in real life: what was compiled for one is slower for another.
const [width] = process.argv.slice(2).map(Number);
if (width === 4 || width === 8) printFigures(width);
else {
  console.log('Page tables, GB/s of one core (a guest of 1 GiB; goal of normalising: 1)');
  line(['guest', 'frames in runs', 'normalise', 'localise', 'copy', 'met']);
  for (const each of ['8', '4']) {
    spawnSync(process.execPath, ['--import', 'tsx', fileURLToPath(import.meta.url), each], { stdio: 'inherit' });
  }
}
