import type { EvacuateToTargetsEvent, MigrateToTargetEvent, PlannedMove } from '@xen-migration/libxl';
import type { Context } from '../context.js';
import { durationText } from '../format/size.js';
import { linkText, withoutText } from '../migration/link.js';

const REDRAW_MS = 100;
/** What a target said is shown where its migration failed. */
const KEPT_TEXT = 2_000;

/** What an evacuation shows while it goes on: a line for each beginning and end, and on a terminal one that is drawn again. */
export class EvacuationDisplay {
  private readonly underWay = new Map<PlannedMove, string>();
  private readonly texts = new Map<PlannedMove, string>();
  private drawn = 0;
  private drawnAt = 0;

  constructor(private readonly context: Context) {}

  show(event: EvacuateToTargetsEvent): void {
    if (event.kind === 'move') {
      this.underWayEvent(event.move, event.event);
      return;
    }
    if (event.kind === 'begins') {
      this.underWay.set(event.move, 'begins');
      this.line(event.move, 'begins');
      return;
    }
    const { outcome } = event;
    const { move } = outcome;
    this.underWay.delete(move);
    if (outcome.kind === 'migrated') {
      const { totalMs, downtimeMs, problems } = outcome.report;
      this.line(move, `moved in ${durationText(totalMs)}, ${durationText(downtimeMs)} of downtime`);
      for (const problem of problems) this.line(move, `it runs there, but here: ${problem}`);
    } else if (outcome.kind === 'failed') {
      const said = this.texts.get(move) ?? '';
      if (said !== '') this.write(said);
      this.line(move, `failed: ${outcome.why.trimEnd()}`);
    }
  }

  private underWayEvent(move: PlannedMove, event: MigrateToTargetEvent): void {
    if (event.kind === 'without') this.say(move, withoutText(event.what));
    const text = linkText(event);
    if (text !== undefined) this.say(move, text);
    if (event.kind !== 'progress') return;
    const { pass, pagesDone, pagesTotal } = event.statistics;
    const share = pagesTotal === 0 ? '' : ` ${Math.min(100, Math.floor((pagesDone / pagesTotal) * 100))}%`;
    this.underWay.set(move, `pass ${pass}${share}`);
    this.draw();
  }

  private say(move: PlannedMove, text: string): void {
    for (const line of text.split('\n')) if (line !== '') this.line(move, line.replace(/^xl: /, ''));
  }

  /** What comes from the target: kept, and with -v shown at once. */
  said(move: PlannedMove, text: string): void {
    if (this.context.globals.verbosity > 0) this.say(move, text);
    else this.texts.set(move, ((this.texts.get(move) ?? '') + text).slice(-KEPT_TEXT));
  }

  clear(): void {
    if (this.drawn > 0) this.context.err(`\r${''.padEnd(this.drawn)}\r`);
    this.drawn = 0;
  }

  private line({ name, target }: PlannedMove, text: string): void {
    this.write(`evacuate: ${name} -> ${target}: ${text}\n`);
  }

  private write(text: string): void {
    this.clear();
    this.context.err(text);
  }

  private draw(): void {
    const { stderrIsTerminal, globals, columns, err } = this.context;
    const now = performance.now();
    if (!(stderrIsTerminal || globals.carriageReturn) || now - this.drawnAt < REDRAW_MS) return;
    this.drawnAt = now;
    const all = [...this.underWay].map(([{ name }, what]) => `${name} ${what}`).join(', ');
    const text = `evacuate: ${all}`.slice(0, columns() - 1);
    err(`\r${text.padEnd(this.drawn)}`);
    this.drawn = text.length;
  }
}
