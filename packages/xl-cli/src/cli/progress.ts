import type { TransferStatistics } from '@xen-migration/libxl';
import type { Context } from './context.js';
import { durationText, sizeText } from './format/size.js';

/** How often the one line on a terminal is drawn. */
const REDRAW_MS = 100;

export interface ProgressState {
  /** 'pass 2', 'suspended', ... */
  readonly what: string;
  readonly done: number;
  /** 0: not known. */
  readonly total: number;
  readonly bytes: number;
  /** Of a sender. */
  readonly statistics?: TransferStatistics;
}

/** Progress for a person: one line that is drawn again on a terminal, a line for each phase elsewhere. */
export interface Progress {
  update(state: ProgressState): void;
  /** Other text is about to be written, or the operation is over. */
  clear(): void;
}

/** @param about what is being done, e.g. 'save' */
export function progressFor(context: Context, about: string): Progress {
  return isDrawn(context) ? lineProgress(context, about) : plainProgress(context, about);
}

const isDrawn = (context: Context) => context.stderrIsTerminal || context.globals.carriageReturn;

/**
 * For what another process says while a line is being drawn: it comes in the line's place. Undefined where nothing is
 * drawn, and the process may write for itself.
 */
export function besideProgress(context: Context, progress: Progress): ((text: string) => void) | undefined {
  if (!isDrawn(context)) return undefined;
  return (text) => {
    progress.clear();
    context.err(text);
  };
}

function lineProgress({ err, columns }: Context, about: string): Progress {
  const start = performance.now();
  let drawnAt = 0;
  let drawn = 0;
  const clear = () => {
    if (drawn > 0) err(`\r${''.padEnd(drawn)}\r`);
    drawn = 0;
  };
  return {
    clear,
    update(state) {
      const now = performance.now();
      if (now - drawnAt < REDRAW_MS) return;
      drawnAt = now;
      const text = progressLine(about, state, now - start, columns());
      err(`\r${text.padEnd(drawn)}`);
      drawn = text.length;
    },
  };
}

/** What fits into the terminal's width, the most important first. */
export function progressLine(about: string, state: ProgressState, elapsedMs: number, columns: number): string {
  const { statistics } = state;
  const rate = statistics?.throughput ?? state.bytes / Math.max(1e-3, elapsedMs / 1000);
  const parts = [
    `${about}: ${state.what}${share(state)}`,
    sizeText(state.bytes),
    `${sizeText(rate)}/s`,
    ...(statistics === undefined ? [] : statisticsParts(statistics)),
  ];
  let line = parts[0] ?? '';
  for (const part of parts.slice(1)) {
    // The last column stays free: some terminals wrap there.
    if (line.length + 2 + part.length >= columns) break;
    line += `, ${part}`;
  }
  return line;
}

function statisticsParts(statistics: TransferStatistics) {
  const { remainingBytes, expectedDowntimeMs, dirtyRate, pagesDone, pagesTotal, throttle } = statistics;
  const parts: string[] = [];
  if (pagesTotal > 0) parts.push(`${sizeText(remainingBytes)} left`);
  if (dirtyRate !== undefined) parts.push(`guest writes ${Math.round(dirtyRate)} pages/s`);
  if (expectedDowntimeMs !== undefined) parts.push(`downtime ~${durationText(expectedDowntimeMs)}`);
  if (throttle > 0) parts.push(`guest slowed by ${throttle}%`);
  if (pagesTotal > 0) parts.push(`${pagesDone}/${pagesTotal} pages`);
  return parts;
}

function plainProgress({ err, globals }: Context, about: string): Progress {
  let last = '';
  return {
    clear() {},
    update(state) {
      // One line for each phase, and only for whoever asked for more than stock prints.
      if (globals.verbosity === 0 || state.what === last) return;
      last = state.what;
      const pages = state.total === 0 ? '' : `, ${state.total} pages`;
      err(`${about}: ${state.what}${pages}, ${sizeText(state.bytes)} so far\n`);
    },
  };
}

const share = ({ done, total }: ProgressState) =>
  total === 0 ? '' : ` ${Math.min(100, Math.floor((done / total) * 100))}%`;
