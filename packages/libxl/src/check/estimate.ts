export interface EstimateInput {
  /** Pages of the domain. */
  readonly pages: number;
  /** Pages that it writes in a second. */
  readonly dirtyPerSecond: number;
  readonly bytesPerSecond: number;
  /** There and back, for the handshakes at the end. */
  readonly roundTripMs: number;
  /** Passes go on until the rest would take no longer; undefined: five passes, or until hardly a page is dirty, as stock. */
  readonly downtimeMs?: number;
}

export interface Estimate {
  readonly totalMs: number;
  readonly downtimeMs: number;
  readonly passes: number;
  /** Every pass sends hardly less than the one before: the domain writes as fast as the link carries. */
  readonly converges: boolean;
}

const PAGE_SIZE = 4096;
const STOCK_PASSES = 5;
const STOCK_PAGES = 50;
const MOST_PASSES = 30;
/** To suspend, to write and read what is not memory, to start. */
const FIXED_MS = 30;
/** "domain received", "go", "my copy runs". */
const ROUND_TRIPS = 2;

/** What a live migration would take, if the domain goes on writing as it does. */
export function estimateMigration(input: EstimateInput): Estimate {
  const { pages, dirtyPerSecond, bytesPerSecond, downtimeMs } = input;
  const timeOf = (count: number) => (count * PAGE_SIZE * 1000) / bytesPerSecond;
  let toSend = pages;
  let totalMs = 0;
  let passes = 0;
  let previous = Number.POSITIVE_INFINITY;
  let shrinks = true;
  while (!isOver(passes, toSend, timeOf(toSend), downtimeMs)) {
    const ms = timeOf(toSend);
    totalMs += ms;
    passes++;
    previous = toSend;
    toSend = Math.min(pages, (dirtyPerSecond * ms) / 1000);
    shrinks = toSend < previous * 0.9;
  }
  const downtime = timeOf(toSend) + FIXED_MS + ROUND_TRIPS * input.roundTripMs;
  return {
    totalMs: totalMs + downtime,
    downtimeMs: downtime,
    passes: passes + 1,
    converges: shrinks || toSend < STOCK_PAGES,
  };
}

function isOver(passes: number, toSend: number, ms: number, downtimeMs: number | undefined): boolean {
  if (downtimeMs === undefined) return passes >= STOCK_PASSES || (passes > 0 && toSend < STOCK_PAGES);
  return passes > 0 && (ms <= downtimeMs || passes >= MOST_PASSES);
}
