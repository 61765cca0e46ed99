import { spawn } from 'node:child_process';
import { isLibxlError } from '../errors.js';
import type { Command } from '../link/plan.js';
import { DESCRIPTION_MAX, type HostDescription, parseHostDescription } from './host-description.js';

export type QueryResult =
  /** The same toolstack answers. */
  | { readonly kind: 'ours'; readonly description: HostDescription }
  /** The host was reached, and another toolstack is there, or none. */
  | { readonly kind: 'other'; readonly said: string; readonly status: number }
  | { readonly kind: 'unreachable'; readonly said: string };

export interface QueryOptions {
  /** Runs `xl migrate-receive --capabilities` at the target. */
  readonly command: Command;
  /** Files that the target is asked about. */
  readonly paths?: readonly string[];
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

const TIMEOUT_MS = 30_000;
/** ssh's own failures; a shell that does not find xl answers 127. */
const SSH_FAILED = 255;
const SAID_MAX = 4096;

/** Asks a target what it is. Nothing is changed by it, whatever toolstack is there. */
export function queryTarget({
  command: { command, args },
  paths = [],
  timeoutMs = TIMEOUT_MS,
  signal,
}: QueryOptions): Promise<QueryResult> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: timeoutMs,
      ...(signal === undefined ? {} : { signal }),
    });
    // Paths are nothing for the command line: a shell may stand between.
    child.stdin.on('error', () => {});
    child.stdin.end(JSON.stringify({ paths }));
    let out = '';
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (out.length <= DESCRIPTION_MAX) out += text;
      if (out.length > DESCRIPTION_MAX) child.kill('SIGKILL');
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-SAID_MAX);
    });
    child.once('error', (e) => resolve({ kind: 'unreachable', said: e.message }));
    child.once('close', (code, killedBy) => {
      if (out.length > DESCRIPTION_MAX) {
        return resolve({ kind: 'unreachable', said: 'what answers there says more than any xl has to say' });
      }
      if (code === 0) return resolve(understood(out, said));
      if (code === SSH_FAILED || code === null) {
        const why =
          said.trim() === '' ? `no answer within ${timeoutMs / 1000} s (${killedBy ?? 'killed'})` : said.trim();
        return resolve({ kind: 'unreachable', said: why });
      }
      return resolve({ kind: 'other', said: said.trim(), status: code });
    });
  });
}

function understood(out: string, said: string): QueryResult {
  try {
    return { kind: 'ours', description: parseHostDescription(out) };
  } catch (e) {
    if (!isLibxlError(e)) throw e;
    return { kind: 'other', said: said.trim() || out.trim().slice(0, SAID_MAX), status: 0 };
  }
}
