import { readdirSync } from 'node:fs';
import { rssAnonMib } from '../bench/measure.js';
import type { MatrixHost } from '../matrix/host/matrix-host.js';
import type { Field } from './field.js';

/** What the daemon of a host takes, at one moment. */
export interface ResourceSample {
  /** Since the soak began. */
  readonly seconds: number;
  readonly host: string;
  /** Whether no domain was there. */
  readonly empty: boolean;
  /** Of the machine, 4 KiB each. */
  readonly freePages: number;
  /** Private memory of the daemon, MiB. */
  readonly memoryMib: number;
  readonly threads: number;
  readonly descriptors: number;
}

/** The daemon of an empty host may have grown to so many times its memory when it had first been used, and so much more. */
const MEMORY_FACTOR = 2;
const MEMORY_SPARE_MIB = 32;
/** Threads and descriptors that come and go by themselves. */
const COUNT_SPARE = 4;

export async function sampleOf(host: MatrixHost, empty: boolean, seconds: number): Promise<ResourceSample> {
  const { freePages } = await host.host.hypervisor.info();
  const [daemon] = host.processes('daemon');
  if (daemon === undefined) throw new Error(`the daemon of ${host.name} is gone`);
  return {
    seconds: Math.round(seconds),
    host: host.name,
    empty,
    freePages,
    memoryMib: Math.round(rssAnonMib(daemon.pid) * 10) / 10,
    threads: readdirSync(`/proc/${daemon.pid}/task`).length,
    descriptors: readdirSync(`/proc/${daemon.pid}/fd`).length,
  };
}

/**
 * What an empty host keeps beside what it had at first.
 *
 * @param used the first time that it was empty again, when its daemon had loaded and compiled what it needs
 * @returns what is too much, in words
 */
export function growthSince(first: ResourceSample, used: ResourceSample, now: ResourceSample): string[] {
  const much: string[] = [];
  if (now.freePages !== first.freePages) much.push(`${first.freePages - now.freePages} pages of the machine`);
  for (const what of ['threads', 'descriptors'] as const) {
    if (now[what] > first[what] + COUNT_SPARE) much.push(`${now[what]} ${what} of the daemon, ${first[what]} at first`);
  }
  if (now.memoryMib > used.memoryMib * MEMORY_FACTOR + MEMORY_SPARE_MIB) {
    much.push(`${now.memoryMib} MiB of the daemon's own memory, ${used.memoryMib} when it had first been used`);
  }
  return much;
}

/** The socket of a link's agent that was killed: the next link removes it (libxl/docs/link.md). */
const isSweptLater = (what: string): boolean => /^file link-[0-9a-f]+\.sock$/.test(what);

/** What is left where no domain is on any host, and no operation goes on. In words. */
export async function leftInField(field: Field, patienceMs?: number): Promise<string[]> {
  const left = readdirSync(field.temporary).map((name) => `temporary file ${name}`);
  for (const host of field.hosts) {
    left.push(...(await host.settledLeftovers(patienceMs, isSweptLater)).map((what) => `${host.name}: ${what}`));
  }
  return left;
}
