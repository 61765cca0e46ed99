import { hasPageData } from '../libxc/page-types.js';

const CHUNK_SHIFT = 12;
const CHUNK = 2 ** CHUNK_SHIFT;
/** Of `file`: nothing is known of the page. */
const NOWHERE = 0xff;
export const MAX_FILES = NOWHERE;

/** 4096 neighbouring pfns: 10 bytes for each. */
class Chunk {
  /** Where the page's bytes lie in its file. */
  readonly offsets = new Float64Array(CHUNK);
  /** Which file has the last word on the page. */
  readonly files = new Uint8Array(CHUNK).fill(NOWHERE);
  readonly types = new Uint8Array(CHUNK);
}

export interface PagePlace {
  readonly pfn: number;
  readonly type: number;
  readonly file: number;
  /** Undefined for a type without data. */
  readonly offset: number | undefined;
}

/** Where the newest content of each page of a chain is. */
export class PageIndex {
  private readonly chunks = new Map<number, Chunk>();

  set(pfn: number, type: number, file: number, offset: number): void {
    const chunk = this.chunkOf(pfn);
    const at = pfn % CHUNK;
    chunk.types[at] = type;
    chunk.files[at] = file;
    chunk.offsets[at] = offset;
  }

  get(pfn: number): PagePlace | undefined {
    const chunk = this.chunks.get(Math.floor(pfn / CHUNK));
    return chunk === undefined ? undefined : placeIn(chunk, pfn);
  }

  /** All pages, ascending. */
  *places(): Generator<PagePlace> {
    for (const index of [...this.chunks.keys()].sort((a, b) => a - b)) {
      const chunk = this.chunks.get(index)!;
      for (let at = 0; at < CHUNK; at++) {
        const place = placeIn(chunk, index * CHUNK + at);
        if (place !== undefined) yield place;
      }
    }
  }

  private chunkOf(pfn: number): Chunk {
    const index = Math.floor(pfn / CHUNK);
    let chunk = this.chunks.get(index);
    if (chunk === undefined) {
      chunk = new Chunk();
      this.chunks.set(index, chunk);
    }
    return chunk;
  }
}

function placeIn(chunk: Chunk, pfn: number): PagePlace | undefined {
  const at = pfn % CHUNK;
  const file = chunk.files[at]!;
  if (file === NOWHERE) return undefined;
  const type = chunk.types[at]!;
  return { pfn, type, file, offset: hasPageData(type) ? chunk.offsets[at]! : undefined };
}
