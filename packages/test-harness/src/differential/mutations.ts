import { randomNumbers } from '../random.js';

export interface Mutation {
  /** Which of the bases. */
  readonly base: number;
  readonly kind: 'flip' | 'set' | 'cut' | 'drop' | 'repeat';
  /** Where among the places to change, from 0 up to but not including 1. */
  readonly place: number;
  readonly byte: number;
}

const KINDS = ['flip', 'flip', 'set', 'cut', 'drop', 'repeat'] as const;

/** So many changes, the same ones for the same seed. */
export function mutations(bases: number, count: number, seed: number): Mutation[] {
  const random = randomNumbers(seed);
  const below = (n: number) => Math.floor(random() * n);
  return Array.from({ length: count }, () => ({
    base: below(bases),
    kind: KINDS[below(KINDS.length)] ?? 'flip',
    place: random(),
    byte: 1 + below(255),
  }));
}

/** The stream with the byte at `at` changed, all from there on cut off, or the eight bytes around it left out or doubled. */
export function mutate(stream: Uint8Array, kind: Mutation['kind'], at: number, byte: number): Uint8Array {
  const changed = stream.slice();
  const start = at - (at % 8);
  switch (kind) {
    case 'flip':
      changed[at] = (changed[at] ?? 0) ^ byte;
      return changed;
    case 'set':
      changed[at] = byte;
      return changed;
    case 'cut':
      return changed.slice(0, at);
    case 'drop':
      return Buffer.concat([stream.subarray(0, start), stream.subarray(start + 8)]);
    case 'repeat':
      return Buffer.concat([stream.subarray(0, start + 8), stream.subarray(start)]);
  }
}
