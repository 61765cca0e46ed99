import { accessSync, constants, statSync } from 'node:fs';
import { LibxlError } from '../errors.js';

/** A device model's program, or why there is none. */
export type FoundProgram = { readonly binary: string } | { readonly missing: string };

export interface ProgramSearch {
  /** What the guest's configuration names, which goes before all else. */
  readonly override: string | undefined;
  /** An environment variable that names it, or says `none`. */
  readonly variable: string;
  readonly value: string | undefined;
  readonly places: readonly string[];
  readonly missing: string;
}

/** @throws LibxlError ERROR_INVAL where one is named that can't be executed */
export function findProgram({ override, variable, value = '', places, missing }: ProgramSearch): FoundProgram {
  const named = override ?? value;
  if (named === 'none') return { missing: `${variable} says none` };
  if (named !== '') {
    if (isExecutable(named)) return { binary: named };
    throw new LibxlError('ERROR_INVAL', `the device model ${named} is no program that can be executed`);
  }
  const binary = places.find(isExecutable);
  return binary === undefined ? { missing } : { binary };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
