import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { LibxlError } from '../errors.js';
import { queryTarget } from '../migrate/query.js';
import type { Reach } from '../target/reach.js';
import type { CheckTarget } from './check-migration.js';

export interface AskOptions {
  /** How the target is reached (reachTarget). */
  readonly reach: Reach;
  /** Files that the target is asked about. */
  readonly paths?: readonly string[];
  readonly signal?: AbortSignal;
}

const TIMEOUT_MS = 30_000;
const MAX_OUTPUT = 64 * 1024;

/**
 * Finds out what is at the other end: this toolstack, or another one, which is asked by `xl info`.
 *
 * @throws LibxlError ERROR_FAIL where the host can't be reached or has no xl
 */
export async function askTarget({ reach, paths = [], signal }: AskOptions): Promise<CheckTarget> {
  const aborting = signal === undefined ? {} : { signal };
  const answer = await queryTarget({ command: reach(['migrate-receive', '--capabilities']), paths, ...aborting });
  if (answer.kind === 'ours') return { toolstack: 'ours', description: answer.description };
  if (answer.kind === 'unreachable') throw new LibxlError('ERROR_FAIL', `the target can't be reached: ${answer.said}`);
  const silent = new LibxlError('ERROR_FAIL', `there is no xl at the target that answers: ${answer.said}`);
  // There is a receiver at the end of a fixed command, which is no `xl info`.
  if (reach.fixed === true) throw silent;
  const { command, args } = reach(['info']);
  try {
    const { stdout } = await promisify(execFile)(command, [...args], {
      timeout: TIMEOUT_MS,
      maxBuffer: MAX_OUTPUT,
      ...aborting,
    });
    return factsOf(stdout);
  } catch {
    throw silent;
  }
}

/** Of the lines that `xl info` prints. */
export function factsOf(info: string): CheckTarget {
  const facts = new Map<string, string>(
    info.split('\n').map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
    }),
  );
  const number = (name: string) => {
    const text = facts.get(name) ?? '';
    return /^\d{1,12}$/.test(text) ? Number(text) : undefined;
  };
  const free = number('free_memory');
  const [major, minor] = [number('xen_major'), number('xen_minor')];
  return {
    toolstack: 'other',
    freeMemoryKib: free === undefined ? undefined : free * 1024,
    hardwareCapabilities: capabilityWords(facts.get('hw_caps') ?? ''),
    xen:
      major === undefined || minor === undefined
        ? undefined
        : { major, minor, capabilities: facts.get('xen_caps') ?? '' },
  };
}

function capabilityWords(text: string): number[] | undefined {
  if (!/^[0-9a-f]{8}(:[0-9a-f]{8}){0,31}$/i.test(text)) return undefined;
  return text.split(':').map((word) => Number.parseInt(word, 16));
}
