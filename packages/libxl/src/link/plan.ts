import { randomBytes } from 'node:crypto';

/** A process to run: no shell comes between. */
export interface Command {
  readonly command: string;
  readonly args: readonly string[];
}

/** A command with more arguments. */
export function withArguments({ command, args }: Command, more: readonly string[]): Command {
  return { command, args: [...args, ...more] };
}

/** What the sender's agent does. */
export interface LinkPlan {
  /** 32 hexadecimal digits (newLinkId). */
  readonly id: string;
  /** Opens the link at the other end (openLink) and is its first connection. */
  readonly first: Command;
  /** Joins it (joinLink): the other connections, and those that replace a broken one. */
  readonly join: Command;
  /** Connections at once; 1 to 16. */
  readonly streams: number;
  readonly compress: boolean;
  /** Most that goes over the connections, all together, while the guest runs. */
  readonly bytesPerSecond?: number;
  /** How long a link without any connection is tried to be taken up again; 0: not at all. */
  readonly patienceMs: number;
}

/** What an agent tells of its link. */
export type LinkEvent =
  /** All connections work (again). */
  | { readonly kind: 'link-up'; readonly connections: number; readonly again: boolean }
  /** No connection is left; `forMs`: so long it is tried to be taken up again. */
  | { readonly kind: 'link-broken'; readonly reason: string; readonly forMs: number }
  /** Bytes of the migration, and what went over the connections for them. */
  | { readonly kind: 'link-totals'; readonly rawBytes: number; readonly wireBytes: number };

/** What the owner of an agent tells it. */
export interface LinkOrder {
  readonly patienceMs: number;
  /** After how long a silence it gives a connection up. */
  readonly silenceMs: number;
  /** Whether the limit of what is sent holds. */
  readonly limited: boolean;
}

/**
 * Silence after which a connection is given up: a machine that has too much to do was seen to let a process wait for ten
 * seconds (test-harness, docs/soak.md).
 */
export const SILENCE_MS = 20_000;
/** The same before its first byte: programs have to start. As long as the question what the target can do may take. */
export const FIRST_SILENCE_MS = 30_000;

export const MAX_STREAMS = 16;

export function newLinkId(): string {
  return randomBytes(16).toString('hex');
}

/** @throws RangeError */
export function linkIdBytes(id: string): Buffer {
  if (!/^[0-9a-f]{32}$/.test(id)) throw new RangeError('the id of a link is 32 hexadecimal digits');
  return Buffer.from(id, 'hex');
}
