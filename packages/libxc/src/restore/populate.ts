import { needsMemory } from '@xen-migration/stream-format';
import { SparsePageSet } from '../bitmap.js';
import { framesAt } from '../frame-lists.js';
import { type FrameList, INVALID_FRAME, MAX_BATCH } from '../hypervisor/frames.js';
import type { Hypervisor } from '../hypervisor/hypervisor.js';
import { populateAll } from '../hypervisor/populate.js';
import { hexPfn, RestoreFault } from './errors.js';
import type { RestoreGuest } from './guest-type.js';

const SUPERPAGE_ORDER = 9;
const SUPERPAGE = 2 ** SUPERPAGE_ORDER;

/** Gives the domain memory at the pfns that the stream names, each once; 2 MiB at a time where a whole stretch comes. */
export class Populator {
  private readonly populated = new SparsePageSet();
  /** What the stream itself said to be memory. */
  private readonly announced = new SparsePageSet();

  /** What was asked for is done in its order: a pfn that was asked for already is there when the next one's turn ends. */
  private turn: Promise<void> = Promise.resolve();

  constructor(
    private readonly hypervisor: Hypervisor,
    private readonly domid: number,
    private readonly guest: RestoreGuest,
  ) {}

  /** Gives memory to those of the pfns whose type needs it and that have none. */
  populate(pfns: FrameList, types: Uint8Array): Promise<void> {
    return this.inTurn(() => this.populateNow(pfns, types));
  }

  /** Gives memory to pfns that a page table names before the stream does. */
  populateUnseen(pfns: FrameList): Promise<void> {
    return this.inTurn(() => this.populateNow(pfns));
  }

  private inTurn(work: () => Promise<void>): Promise<void> {
    this.turn = this.turn.then(work);
    return this.turn;
  }

  /**
   * In portions, so that a stream that claims more than the domain may have is stopped by the first refusal.
   *
   * @param types what the stream says of the pfns; left out where a page table names them
   */
  private async populateNow(pfns: FrameList, types?: Uint8Array): Promise<void> {
    const wanted = new Float64Array(Math.min(MAX_BATCH, pfns.length));
    let count = 0;
    for (let i = 0; i < pfns.length; i++) {
      const pfn = pfns[i]!;
      if (types !== undefined) {
        if (!needsMemory(types[i]!)) continue;
        this.announced.add(pfn);
      }
      if (!this.populated.add(pfn)) continue;
      wanted[count++] = pfn;
      if (count < MAX_BATCH) continue;
      await this.makeFrames(wanted);
      count = 0;
    }
    if (count > 0) await this.makeFrames(wanted.subarray(0, count));
  }

  /** Pfns that page tables name and that the stream never said anything of, ascending. */
  neverAnnounced(): Generator<number> {
    return this.populated.without(this.announced);
  }

  private async makeFrames(pfns: FrameList): Promise<void> {
    const stretches = superpages(pfns);
    if (stretches.length === 0) return this.makeSmall(pfns);
    const first = framesAt(pfns, stretches);
    const bases = await populateAll(this.hypervisor, this.domid, first, SUPERPAGE_ORDER);
    // Fewer than asked: no such stretch of memory is free (any more), or 2 MiB are more than the limit leaves.
    for (let i = 0; i < bases.length; i++) this.setSuperpage(pfns, stretches[i]!, bases[i]!);
    const rest = without(pfns, stretches.slice(0, bases.length));
    if (rest.length > 0) await this.makeSmall(rest);
  }

  private setSuperpage(pfns: FrameList, at: number, base: number): void {
    const gfns = new Float64Array(SUPERPAGE);
    for (let i = 0; i < SUPERPAGE; i++) gfns[i] = base + i;
    this.guest.setFrames(pfns.subarray(at, at + SUPERPAGE), gfns);
  }

  private async makeSmall(pfns: FrameList): Promise<void> {
    const gfns = await populateAll(this.hypervisor, this.domid, pfns, 0);
    if (gfns.length < pfns.length || gfns.includes(INVALID_FRAME)) {
      const text = `only ${gfns.length} of ${pfns.length} pages at pfn ${hexPfn(pfns[0]!)} and up could be had`;
      throw new RestoreFault('NO_MEMORY', `${text}: the host or the domain's limit has no more`, {
        pfn: pfns[gfns.length] ?? pfns[0]!,
      });
    }
    this.guest.setFrames(pfns, gfns);
  }
}

/** Where in the list 512 consecutive pfns begin that fill a 2 MiB page. */
function superpages(pfns: FrameList): number[] {
  const starts: number[] = [];
  for (let at = 0; at + SUPERPAGE <= pfns.length; ) {
    let run = 1;
    while (at + run < pfns.length && run < SUPERPAGE && pfns[at + run] === pfns[at]! + run) run++;
    if (run === SUPERPAGE && pfns[at]! % SUPERPAGE === 0) {
      starts.push(at);
      at += SUPERPAGE;
      continue;
    }
    // On to the next aligned pfn of this run, if it has one.
    const toAligned = SUPERPAGE - (pfns[at]! % SUPERPAGE);
    at += Math.min(run, toAligned);
  }
  return starts;
}

function without(pfns: FrameList, starts: readonly number[]): FrameList {
  const rest = new Float64Array(pfns.length - starts.length * SUPERPAGE);
  let from = 0;
  let to = 0;
  for (const start of [...starts, pfns.length]) {
    rest.set(pfns.subarray(from, start), to);
    to += start - from;
    from = start + SUPERPAGE;
  }
  return rest;
}
