import { START_INFO_MAGIC } from '../decode/start-info.js';
import { PAGE_SIZE } from '../libxc/layouts.js';
import { CHUNK_PFNS } from './pfn-table.js';

const [MAGIC_WORD] = new Uint32Array(new TextEncoder().encode(START_INFO_MAGIC).buffer);
/** Pages that begin as start_info does; a guest has one, and perhaps stale copies. */
const MAX_START_INFOS = 64;
/** Entries that a page is judged by: a list of frames begins with frames. */
const JUDGED_ENTRIES = 8;

/**
 * What is kept of a PV guest's pages while they pass by, because only the records after them say which pages belong to
 * the host: pages that may be start_info, the p2m's mfns (4 bytes per pfn), and the first word of pages that look like a
 * list of frames (at most 4 bytes per pfn).
 */
export class PvPages {
  private readonly startInfos = new Map<number, Uint8Array>();
  /** Place in the p2m of each page that is part of it. */
  private readonly places = new Map<number, number>();
  private readonly mfns = new Map<number, Uint32Array>();
  private readonly firstWords = new Map<number, Uint32Array>();
  private firstPlace = 0;

  constructor(private readonly width: 4 | 8) {}

  /** The pages that hold the p2m, which a stream names before its first page. */
  p2mFrames({ startPfn, frames }: { readonly startPfn: number; readonly frames: Float64Array }): void {
    this.firstPlace = Math.floor(startPfn / this.entriesPerPage);
    this.places.clear();
    for (const [place, pfn] of frames.entries()) this.places.set(pfn, place);
  }

  observe(pfn: number, words: Uint32Array, at: number): void {
    if (words[at] === MAGIC_WORD) this.keepStartInfo(pfn, words, at);
    else if (this.startInfos.size > 0) this.startInfos.delete(pfn);
    const place = this.places.get(pfn);
    if (place !== undefined) this.mfns.set(place, this.lowWords(words, at));
    this.noteFirstWord(pfn, this.mayBeFrames(words, at) ? (words[at] ?? 0) : 0);
  }

  /** The page's contents, if it begins as start_info does. */
  startInfo(pfn: number): Uint8Array | undefined {
    return this.startInfos.get(pfn);
  }

  isP2m(pfn: number): boolean {
    return this.places.has(pfn);
  }

  /** Judges whether a page belongs to the tree that leads to the p2m's pages: its top by its mfn, others by their first. */
  treePages(topMfn: number): (pfn: number) => boolean {
    const leaves = new Set<number>();
    for (const pfn of this.places.keys()) {
      const mfn = this.mfnOf(pfn);
      if (mfn !== undefined) leaves.add(mfn);
    }
    return (pfn) => {
      if (topMfn !== 0 && this.mfnOf(pfn) === topMfn) return true;
      const first = this.firstWords.get(Math.floor(pfn / CHUNK_PFNS))?.[pfn % CHUNK_PFNS] ?? 0;
      return first !== 0 && leaves.has(first);
    };
  }

  private get entriesPerPage(): number {
    return PAGE_SIZE / this.width;
  }

  /** Lower 32 bits of the frame that the pfn had on the host. */
  private mfnOf(pfn: number): number | undefined {
    const page = this.mfns.get(Math.floor(pfn / this.entriesPerPage) - this.firstPlace);
    return page?.[pfn % this.entriesPerPage];
  }

  private keepStartInfo(pfn: number, words: Uint32Array, at: number): void {
    if (this.startInfos.size >= MAX_START_INFOS && !this.startInfos.has(pfn)) return;
    this.startInfos.set(pfn, new Uint8Array(words.buffer, words.byteOffset + at * 4, PAGE_SIZE).slice());
  }

  private lowWords(words: Uint32Array, at: number): Uint32Array {
    const step = this.width / 4;
    return Uint32Array.from({ length: this.entriesPerPage }, (_, i) => words[at + i * step] ?? 0);
  }

  /** Whether the page's first entries may be mfns or "no frame" (all ones), the very first one a mfn. */
  private mayBeFrames(words: Uint32Array, at: number): boolean {
    const first = words[at] ?? 0;
    if (first === 0 || first === 0xffff_ffff) return false;
    if (this.width === 4) return true;
    for (let i = 0; i < JUDGED_ENTRIES * 2; i += 2) {
      const high = words[at + i + 1] ?? 0;
      if (high !== 0 && !(high === 0xffff_ffff && i > 0)) return false;
    }
    return true;
  }

  private noteFirstWord(pfn: number, word: number): void {
    const base = Math.floor(pfn / CHUNK_PFNS);
    let chunk = this.firstWords.get(base);
    if (chunk === undefined) {
      if (word === 0) return;
      chunk = new Uint32Array(CHUNK_PFNS);
      this.firstWords.set(base, chunk);
    }
    chunk[pfn % CHUNK_PFNS] = word;
  }
}
