const CHUNK_SHIFT = 9;
/** pfns in one chunk of the table: 2 MiB of guest. */
export const CHUNK_PFNS = 1 << CHUNK_SHIFT;

/** Chunks that a table may have whatever their filling is: 8 GiB of guest spread as thinly as it likes. */
const FREE_CHUNKS = 4096;
/** Beyond FREE_CHUNKS, one pfn in so many must be in use: real guests are dense, hostile streams are not. */
const MAX_SPREAD = 8;

/** A stream whose pfns are spread so thinly that a table of them would take memory out of proportion to it. */
export class ScatteredPfnsError extends Error {
  override readonly name = 'ScatteredPfnsError';
  readonly code = 'SCATTERED_PFNS';
  constructor(readonly pfn: number) {
    super(`pfn 0x${pfn.toString(16)}: the stream's pfns are spread too thinly over the address space to be tracked`);
  }
}

/** What a table keeps besides types. */
export interface PfnTableOptions {
  /** 8 bytes per pfn. */
  readonly hashes?: boolean;
  /** 3 bytes per pfn. */
  readonly history?: boolean;
}

/** 512 neighbouring pfns. */
export interface PfnChunk {
  /** pfn of the chunk's first entry. */
  readonly base: number;
  /** Page type + 1 of each pfn; 0 where the guest has no page. */
  readonly types: Uint8Array;
  /** Two words of hash for each pfn; empty in a table without hashes. */
  readonly hashes: Uint32Array;
  /** How often a page came for each pfn, up to 255; empty in a table without history. */
  readonly sent: Uint8Array;
  /** Number of the last pass in which one came, up to 255; likewise. */
  readonly pass: Uint8Array;
  /** 1 where the newest page holds nothing but zeros; likewise. */
  readonly zero: Uint8Array;
}

/**
 * What is known of each pfn, in chunks that exist only where the guest has pages: holes of any size cost nothing, and
 * memory stays in proportion to the stream even for a hostile one.
 */
export class PfnTable {
  private readonly chunks = new Map<number, PfnChunk>();
  private last: PfnChunk | undefined;
  private used = 0;

  constructor(private readonly options: PfnTableOptions) {}

  /** How many pfns have a page. */
  get size(): number {
    return this.used;
  }

  /** Page type of the pfn, undefined where the guest has no page. */
  typeOf(pfn: number): number | undefined {
    const known = this.find(pfn)?.types[pfn % CHUNK_PFNS] ?? 0;
    return known === 0 ? undefined : known - 1;
  }

  /**
   * Notes the pfn's page type. Answers the chunk, for its hash to be set.
   * @throws ScatteredPfnsError
   */
  set(pfn: number, type: number): PfnChunk {
    const chunk = this.find(pfn) ?? this.add(pfn);
    const slot = pfn % CHUNK_PFNS;
    if (chunk.types[slot] === 0) this.used++;
    chunk.types[slot] = type + 1;
    return chunk;
  }

  /** Notes that the guest has no page at the pfn. */
  remove(pfn: number): void {
    const chunk = this.find(pfn);
    const slot = pfn % CHUNK_PFNS;
    if (chunk === undefined || chunk.types[slot] === 0) return;
    this.used--;
    chunk.types[slot] = 0;
    chunk.hashes.fill(0, slot * 2, slot * 2 + 2);
    chunk.zero.fill(0, slot, slot + 1);
  }

  /** The chunk that holds the pfn. */
  find(pfn: number): PfnChunk | undefined {
    const base = pfn - (pfn % CHUNK_PFNS);
    if (this.last?.base === base) return this.last;
    const chunk = this.chunks.get(base);
    if (chunk !== undefined) this.last = chunk;
    return chunk;
  }

  /** First pfn of each chunk, ascending. */
  bases(): number[] {
    return [...this.chunks.keys()].sort((a, b) => a - b);
  }

  /** Runs of pfns without a gap whose pages `include` accepts, ascending. */
  *runs(include: (type: number) => boolean): Generator<{ start: number; count: number }> {
    let start = 0;
    let count = 0;
    for (const base of this.bases()) {
      const types = this.chunks.get(base)?.types ?? new Uint8Array(0);
      for (const [slot, known] of types.entries()) {
        if (known === 0 || !include(known - 1)) continue;
        const pfn = base + slot;
        if (pfn !== start + count) {
          if (count > 0) yield { start, count };
          start = pfn;
          count = 0;
        }
        count++;
      }
    }
    if (count > 0) yield { start, count };
  }

  private add(pfn: number): PfnChunk {
    const chunks = this.chunks.size;
    if (chunks >= FREE_CHUNKS && chunks * CHUNK_PFNS > FREE_CHUNKS * CHUNK_PFNS + this.used * MAX_SPREAD) {
      throw new ScatteredPfnsError(pfn);
    }
    const base = pfn - (pfn % CHUNK_PFNS);
    const { hashes = false, history = false } = this.options;
    const plane = () => new Uint8Array(history ? CHUNK_PFNS : 0);
    const chunk: PfnChunk = {
      base,
      types: new Uint8Array(CHUNK_PFNS),
      hashes: new Uint32Array(hashes ? CHUNK_PFNS * 2 : 0),
      sent: plane(),
      pass: plane(),
      zero: plane(),
    };
    this.chunks.set(base, chunk);
    this.last = chunk;
    return chunk;
  }
}
