import { type CellName, type CellResult, cellTitle, columnOf, type Grid, gridOf, rowOf, summaryOf } from './model.js';

const MARKS = { ok: 'ok', failed: 'FAILED', skipped: 'skipped', missing: 'missing' } as const;
const NO_CELL = '-';
const GAP = '  ';

export interface TerminalOutput {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/**
 * The matrix on a terminal while it runs: a row is printed as soon as it and those above it are whole. On a terminal the
 * last line says what runs now.
 */
export class TerminalTable {
  private readonly grid: Grid<CellName>;
  private readonly results: CellResult[] = [];
  private readonly widths: readonly number[];
  private readonly rowWidth: number;
  private printed = 0;
  private status = '';

  constructor(
    private readonly planned: readonly CellName[],
    private readonly output: TerminalOutput,
  ) {
    this.grid = gridOf(planned);
    this.widths = this.grid.columns.map((column) => Math.max(column.length, `${MARKS.failed} 000.0 s`.length));
    this.rowWidth = Math.max(0, ...this.grid.rows.map((row) => row.length));
    if (planned.length > 0) this.line(this.row('', this.grid.columns));
  }

  /** What is begun now. */
  begin(cell: CellName): void {
    if (this.output.isTTY !== true) return;
    this.setStatus(`${this.results.length} of ${this.planned.length}: ${cellTitle(cell)}`);
  }

  end(result: CellResult): void {
    this.results.push(result);
    if (result.outcome === 'failed') this.line(`FAILED  ${cellTitle(result)}: ${result.why ?? ''}`);
    const done = gridOf(this.results);
    for (; this.printed < this.grid.rows.length; this.printed++) {
      const row = this.grid.rows[this.printed] ?? '';
      const wanted = this.planned.filter((cell) => rowOf(cell) === row).map(columnOf);
      if (wanted.some((column) => done.at(row, column) === undefined)) return;
      const marks = this.grid.columns.map((column) => markOf(done.at(row, column)));
      this.line(this.row(row, marks));
    }
  }

  /** The reasons, and how often there was what. */
  close(): void {
    this.setStatus('');
    const reasons = new Map<string, number>();
    for (const { outcome, why = '' } of this.results) {
      if (outcome === 'skipped' || outcome === 'missing') {
        const text = `${outcome}: ${why}`;
        reasons.set(text, (reasons.get(text) ?? 0) + 1);
      }
    }
    for (const [text, count] of reasons) this.line(count === 1 ? text : `${text} (${count} cells)`);
    for (const result of this.results.filter(({ outcome }) => outcome === 'failed')) this.tellFailure(result);
    this.line(summaryOf(this.results));
  }

  private tellFailure(result: CellResult): void {
    this.line(`\nFAILED  ${cellTitle(result)}\n        ${result.why ?? ''}`);
    for (const path of result.kept ?? []) this.line(`        kept: ${path}`);
    if (result.command !== undefined) this.line(`        again: ${result.command}`);
  }

  private row(name: string, cells: readonly string[]): string {
    const padded = cells.map((cell, i) => cell.padEnd(this.widths[i] ?? 0));
    return [name.padEnd(this.rowWidth), ...padded].join(GAP).trimEnd();
  }

  private line(text: string): void {
    const { status } = this;
    this.setStatus('');
    this.output.write(`${text}\n`);
    this.setStatus(status);
  }

  private setStatus(text: string): void {
    if (this.status !== '') this.output.write('\r\x1b[K');
    this.status = text;
    if (text !== '') this.output.write(text);
  }
}

function markOf(result: CellResult | undefined): string {
  if (result === undefined) return NO_CELL;
  const { outcome, seconds } = result;
  return seconds === undefined ? MARKS[outcome] : `${MARKS[outcome]} ${seconds.toFixed(1)} s`;
}
