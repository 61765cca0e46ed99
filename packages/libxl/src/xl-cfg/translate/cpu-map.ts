import { parseUlong, ULONG_MAX } from '../c-numbers.js';
import { strtok } from '../c-strings.js';
import type { HostFacts, Translation } from '../translation.js';

export interface Range {
  readonly first: bigint;
  readonly last: bigint;
  /** False where stock's parser fails; what it has read by then stands in `first` and `last`. */
  readonly valid: boolean;
}

/** `A` or `A-B` in decimal. */
export function parseRange(text: string): Range {
  const { value: first, end } = parseUlong(text, 10);
  if (end === 0 || first === ULONG_MAX) return { first, last: first, valid: false };
  if (text[end] !== '-') return { first, last: first, valid: end === text.length };
  const rest = text.slice(end + 1);
  const { value: last, end: restEnd } = parseUlong(rest, 10);
  const valid = restEnd > 0 && last !== ULONG_MAX && last >= first && restEnd === rest.length;
  return { first, last, valid };
}

/** The bits of a map of libxl for that many CPUs: whole bytes. */
export const mapWidth = (cpus: number): number => Math.ceil(cpus / 8) * 8;

/**
 * The host CPUs of `0-3,^1,node:0,all`.
 *
 * @returns undefined where stock gives up, after its message
 */
export function parseCpuMap(t: Translation, text: string): readonly number[] | undefined {
  const cpus = new Set<number>();
  for (const part of strtok(text, ',')) {
    if (!applyPart(t, part, cpus)) return undefined;
  }
  return [...cpus].sort((a, b) => a - b);
}

function applyPart(t: Translation, part: string, cpus: Set<number>): boolean {
  const exclude = part.startsWith('^');
  const { nodes, text } = withoutPrefix(exclude ? part.slice(1) : part);
  const width = mapWidth(t.host.maxCpus);
  if (text === 'all') {
    if (exclude) t.say('Can\'t combine "^" and "all".');
    else for (let cpu = 0; cpu < width; cpu++) cpus.add(cpu);
    return !exclude;
  }
  const range = parseRange(text);
  if (!range.valid) {
    t.say(`Invalid pcpu range: ${text}.`);
    return false;
  }
  for (const cpu of nodes ? cpusOfNodes(t.host, range) : numbersBelow(width, range)) {
    if (exclude) cpus.delete(cpu);
    else if (cpu < width) cpus.add(cpu);
  }
  return true;
}

function withoutPrefix(part: string): { readonly nodes: boolean; readonly text: string } {
  const prefix = ['node:', 'nodes:'].find((start) => part.startsWith(start));
  return { nodes: prefix !== undefined, text: part.slice(prefix?.length ?? 0) };
}

const cpusOfNodes = ({ nodes }: HostFacts, range: Range): number[] =>
  numbersBelow(nodes.length, range).flatMap((node) => nodes[node] ?? []);

/** The numbers of a range that are below a limit: libxl's maps take no notice of others. */
export function numbersBelow(limit: number, { first, last }: Pick<Range, 'first' | 'last'>): number[] {
  const numbers: number[] = [];
  for (let number = Number(first); number < limit && number <= Number(last); number++) numbers.push(number);
  return numbers;
}
