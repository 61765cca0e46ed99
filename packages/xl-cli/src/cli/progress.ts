import type { Context } from './context.js';

/** How often the one line on a terminal is drawn. */
const REDRAW_MS = 100;

export interface ProgressState {
  /** 'pass 2', 'suspended', ... */
  readonly what: string;
  readonly done: number;
  /** 0: not known. */
  readonly total: number;
  readonly bytes: number;
}

/** Progress for a person: one line that is drawn again on a terminal, a line for each phase elsewhere. */
export interface Progress {
  update(state: ProgressState): void;
  /** Other text is about to be written, or the operation is over. */
  clear(): void;
}

/** @param about what is being done, e.g. 'save' */
export function progressFor(context: Context, about: string): Progress {
  return context.stderrIsTerminal || context.globals.carriageReturn
    ? lineProgress(context, about)
    : plainProgress(context, about);
}

function lineProgress({ err }: Context, about: string): Progress {
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
      const rate = state.bytes / Math.max(1e-3, (now - start) / 1000);
      const text = `${about}: ${state.what}${share(state)}, ${mib(state.bytes)} MiB, ${mib(rate)} MiB/s`;
      err(`\r${text.padEnd(drawn)}`);
      drawn = text.length;
    },
  };
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
      err(`${about}: ${state.what}${pages}, ${mib(state.bytes)} MiB so far\n`);
    },
  };
}

const share = ({ done, total }: ProgressState) =>
  total === 0 ? '' : ` ${Math.min(100, Math.floor((done / total) * 100))}%`;
const mib = (bytes: number) => Math.round(bytes / 2 ** 20);
