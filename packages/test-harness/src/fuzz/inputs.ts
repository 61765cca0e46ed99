import { concatBytes } from '@xen-migration/stream-format';
import { Choices, partSeed } from '../random.js';
import { mutateParts } from './mutate-parts.js';
import type { OpenTarget } from './target.js';

export interface Input {
  readonly bytes: Uint8Array;
  /** It must be accepted. */
  readonly valid: boolean;
}

/** One input in so many is left as it should be. */
const LEFT_VALID = 1 / 8;

/** The input with that number of a run: the same for the same seed, whatever was before. */
export async function inputOf(target: OpenTarget, name: string, seed: number, number: number): Promise<Input> {
  const random = new Choices(partSeed(seed, `${name} ${number}`));
  const sample = await target.sample(random);
  if (random.happens(LEFT_VALID)) return { bytes: concatBytes(sample.parts), valid: sample.valid };
  const bytes = target.mutate?.(sample, random) ?? mutateParts(sample, random);
  return { bytes, valid: false };
}
