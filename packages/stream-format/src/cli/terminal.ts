import { writeSync } from 'node:fs';
import { fdSink } from '../node/index.js';
import type { Terminal } from './command.js';

/** The process's standard output and error. A reader that went away (head, less) is no fault of ours: nothing is said. */
export function processTerminal(): Terminal {
  const stdout = fdSink(1);
  let gone = false;
  return {
    async out(text) {
      if (gone) return;
      try {
        await stdout.writev([new TextEncoder().encode(text)]);
      } catch (error) {
        if (!isBrokenPipe(error)) throw error;
        gone = true;
      }
    },
    err(line) {
      try {
        writeSync(2, `${line}\n`);
      } catch {
        // Nobody is left who could be told.
      }
    },
  };
}

export function isBrokenPipe(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EPIPE';
}
