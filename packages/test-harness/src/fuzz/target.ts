import type { Choices } from '../random.js';

/** A parser, and what it is fed. */
export interface Target {
  readonly name: string;
  /** For people: which parser, and what is checked. */
  readonly about: string;
  open(): Promise<OpenTarget>;
}

/** A target with what it needs while it is tried: a host, a socket. Inputs do not know of each other. */
export interface OpenTarget {
  /** An input that is as it should be, in its parts: records, messages, lines. The same for the same choices. */
  sample(random: Choices): Promise<Sample>;
  /** Another one made of it; where absent, the parts and their bytes are changed (mutateParts). */
  mutate?(sample: Sample, random: Choices): Uint8Array;
  /**
   * Feeds the parser, in pieces that the bytes themselves decide.
   *
   * @throws Error whatever a parser may not do: an error without a code, an answer that does not fit
   */
  run(input: Uint8Array): Promise<Outcome>;
  close(): Promise<void>;
}

export interface Sample {
  readonly parts: readonly Uint8Array[];
  /** It must be accepted. */
  readonly valid: boolean;
  /** What stands in such texts; inserted here and there. */
  readonly words?: readonly string[];
}

/** `refused`: the code of the error. */
export type Outcome = 'accepted' | { readonly refused: string };

/** A refusal by an error of one of these classes, with a code. @throws the error where it is none of them */
export function refusal(error: unknown, ...classes: readonly string[]): Outcome {
  const isTyped = error instanceof Error && classes.includes(error.name);
  if (!isTyped || !('code' in error) || typeof error.code !== 'string') throw error;
  return { refused: error.code };
}

export function labelOf(outcome: Outcome): string {
  return outcome === 'accepted' ? outcome : outcome.refused;
}
