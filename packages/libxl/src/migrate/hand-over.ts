import {
  type ByteReader,
  type ByteSink,
  MIGRATION_MESSAGES,
  readMigrationMessage,
  readMigrationReport,
} from '@xen-migration/stream-format';
import { destroyDomain } from '../domain/destroy.js';
import { renameDomain } from '../domain/names.js';
import { ensureRunning } from '../domain/resume.js';
import { textOf } from '../errors.js';
import type { HandOverEvent, HandOverOutcome } from '../guardian/plan.js';
import type { Host } from '../host/open-host.js';

export interface HandOverOptions {
  readonly host: Host;
  readonly domid: number;
  readonly name: string | undefined;
  readonly reader: ByteReader;
  readonly sink: ByteSink;
  readonly onEvent: (event: HandOverEvent) => void;
}

/** What the source is called once the target may run it. */
export const awayName = (name: string): string => `${name}--migratedaway`;

/**
 * The last steps of a sender, from `acknowledged` on (states.ts). The source is suspended and its name is given free
 * before the target may take it. Never rejects: what happened is in the outcome, and the source is in the state that the
 * outcome says.
 */
export async function handOver(options: HandOverOptions): Promise<HandOverOutcome> {
  const { host, domid, name, onEvent } = options;
  try {
    if (name !== undefined) await renameDomain(host, domid, awayName(name), name);
  } catch (e) {
    return { kind: 'failed', why: textOf(e) };
  }
  onEvent({ step: 'giving-permission' });
  try {
    await options.sink.writev([MIGRATION_MESSAGES.permissionToGo]);
  } catch (e) {
    if (!isBrokenPipe(e)) return { kind: 'unknown', why: textOf(e) };
    // Not a byte of it can have got through: whoever should have taken it was gone before.
    return { kind: 'failed', why: textOf(e) };
  }
  let status: number;
  try {
    status = await readMigrationReport(options.reader);
    if (status !== 0) await readMigrationMessage(options.reader, 'permissionToGo');
  } catch (e) {
    return { kind: 'unknown', why: textOf(e) };
  }
  return status === 0 ? moved(options) : returned(options, status);
}

/** Gives the source the name back that it had before the hand-over. */
export async function takeNameBack(host: Host, domid: number, name: string | undefined): Promise<string[]> {
  if (name === undefined) return [];
  try {
    await renameDomain(host, domid, name);
    return [];
  } catch (e) {
    return [`rename: ${textOf(e)}`];
  }
}

async function moved({ host, domid, onEvent }: HandOverOptions): Promise<HandOverOutcome> {
  onEvent({ step: 'target-started' });
  try {
    await destroyDomain(host, domid);
    return { kind: 'moved', problems: [] };
  } catch (e) {
    return { kind: 'moved', problems: [textOf(e)] };
  }
}

async function returned({ host, domid, name, onEvent }: HandOverOptions, status: number): Promise<HandOverOutcome> {
  onEvent({ step: 'given-back', status });
  const renaming = await takeNameBack(host, domid, name);
  const running = await ensureRunning(host, domid, false);
  if (running.length === 0) onEvent({ step: 'resumed' });
  return { kind: 'returned', status, problems: [...renaming, ...running] };
}

function isBrokenPipe(e: unknown): boolean {
  return e instanceof Error && 'code' in e && (e.code === 'EPIPE' || e.code === 'ECONNRESET');
}
