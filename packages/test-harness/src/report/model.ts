/** What a run of the matrix found: every writer of this folder is given this and nothing else. */
export interface MatrixReport {
  /** What was run: the title of the page, the name of JUnit's suite. */
  readonly name: string;
  /** On what: embedded, lab, xen. */
  readonly host: string;
  /** When it began, ISO 8601. */
  readonly began: string;
  readonly seconds: number;
  /** Decides whatever is random in the run; absent where nothing is. */
  readonly seed?: number;
  /** Runs the whole of it again. */
  readonly command: string;
  readonly results: readonly CellResult[];
  /** Times of single steps, where some were taken. */
  readonly figures: readonly Figure[];
}

/** Where a cell stands: its column is the guest with its device model, its row the operation in a variant. */
export interface CellName {
  /** pv32, pv64, pvh, hvm; of what needs no guest: '-'. */
  readonly guest: string;
  /** HVM guests': qemu-traditional, qemu-upstream. */
  readonly deviceModel?: string;
  readonly operation: string;
  /** What goes wrong in it; absent where nothing does, or there are no variants. */
  readonly variant?: string;
}

/**
 * ok; failed; skipped: something that it needs is not here, and `why` says what; missing: the run ended before it.
 */
export const OUTCOMES = ['ok', 'failed', 'skipped', 'missing'] as const;
export type Outcome = (typeof OUTCOMES)[number];

export interface CellResult extends CellName {
  readonly outcome: Outcome;
  /** In a sentence; present unless it is ok. */
  readonly why?: string;
  readonly seconds?: number;
  /** What was done, and what the programs said. */
  readonly log?: string;
  /** Paths of streams that were kept for inspection. */
  readonly kept?: readonly string[];
  /** Runs this cell alone again, in the same way. */
  readonly command?: string;
}

export interface Figure {
  /** A guest, or 'host'. */
  readonly guest: string;
  readonly name: string;
  readonly seconds: number;
}

/** Whether everything that was to be seen was seen to hold. */
export function isWell({ results }: MatrixReport): boolean {
  return results.every(({ outcome }) => outcome === 'ok' || outcome === 'skipped');
}

export function columnOf({ guest, deviceModel }: CellName): string {
  return deviceModel === undefined ? guest : `${guest} ${deviceModel}`;
}

export function rowOf({ operation, variant }: CellName): string {
  return variant === undefined ? operation : `${operation}: ${variant}`;
}

export function cellTitle(cell: CellName): string {
  return `${columnOf(cell)}: ${rowOf(cell)}`;
}

export function countOutcomes(results: readonly CellResult[]): Readonly<Record<Outcome, number>> {
  const counts: Record<Outcome, number> = { ok: 0, failed: 0, skipped: 0, missing: 0 };
  for (const { outcome } of results) counts[outcome] += 1;
  return counts;
}

/** '12 ok, 1 failed': what did not happen is not mentioned. */
export function summaryOf(results: readonly CellResult[]): string {
  const counts = countOutcomes(results);
  const said = OUTCOMES.filter((outcome) => counts[outcome] > 0).map((outcome) => `${counts[outcome]} ${outcome}`);
  return said.length === 0 ? 'nothing was run' : said.join(', ');
}

/** Cells as a matrix: rows and columns in the order in which they come first. */
export interface Grid<T extends CellName> {
  readonly columns: readonly string[];
  readonly rows: readonly string[];
  at(row: string, column: string): T | undefined;
}

export function gridOf<T extends CellName>(cells: readonly T[]): Grid<T> {
  const found = new Map(cells.map((cell) => [`${rowOf(cell)}\0${columnOf(cell)}`, cell]));
  return {
    columns: [...new Set(cells.map(columnOf))],
    rows: [...new Set(cells.map(rowOf))],
    at: (row, column) => found.get(`${row}\0${column}`),
  };
}
