import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checksum } from './chunks.js';
import { labelOf, type Outcome } from './target.js';

/** An input that is kept: NAME.OUTCOME. */
export interface KeptInput {
  readonly file: string;
  /** What must come of it; undefined where it is a failure that is not mended yet. */
  readonly outcome: string | undefined;
  readonly bytes: Uint8Array;
}

const FAILED = 'failed';

export function keptInputs(corpus: string, target: string): KeptInput[] {
  const folder = join(corpus, target);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .map((file) => {
      const outcome = file.slice(file.lastIndexOf('.') + 1);
      return { file, outcome: outcome === FAILED ? undefined : outcome, bytes: readFileSync(join(folder, file)) };
    });
}

/** @returns its path */
export function keepFailure(corpus: string, target: string, bytes: Uint8Array): string {
  return keep(corpus, target, `found-${nameOf(bytes)}.${FAILED}`, bytes);
}

export function keepInput(corpus: string, target: string, outcome: Outcome, bytes: Uint8Array): string {
  return keep(corpus, target, `${nameOf(bytes)}.${fileLabel(outcome)}`, bytes);
}

/** As it stands in a file's name. */
export function fileLabel(outcome: Outcome): string {
  return labelOf(outcome).replace(/[^\w-]+/g, '_');
}

function keep(corpus: string, target: string, file: string, bytes: Uint8Array): string {
  const folder = join(corpus, target);
  mkdirSync(folder, { recursive: true });
  const path = join(folder, file);
  writeFileSync(path, bytes);
  return path;
}

function nameOf(bytes: Uint8Array): string {
  return checksum(bytes).toString(16).padStart(8, '0');
}
