import { pageTypeName } from '../libxc/page-types.js';
import type { Guest } from './guest.js';
import { hostPages, startInfoOf } from './host-pages.js';
import { CHUNK_PFNS, type PfnChunk } from './pfn-table.js';

/** Runs of differing pages that are listed; all are counted. */
const LISTED_RUNS = 10_000;

/** In what two guests' pages at one pfn differ. */
export type PageDifference = 'contents' | 'type' | 'only left' | 'only right';

/** Neighbouring pfns that differ in the same way. */
export interface PageRun {
  readonly start: number;
  count: number;
  readonly difference: PageDifference;
  /** Names of the page types; undefined where that side has no page. */
  readonly left: string | undefined;
  readonly right: string | undefined;
}

export interface PageComparison {
  /** How many pfns differ; `runs` lists them up to 10000 runs. */
  count: number;
  readonly runs: PageRun[];
  /** pfns that were compared: those with a page on either side. */
  compared: number;
}

/** Every pfn on which the guests differ. `leaveOut` is called with the rule for each page that may differ by it. */
export function comparePages(left: Guest, right: Guest, leaveOut: (rule: string) => void): PageComparison {
  const result: PageComparison = { count: 0, runs: [], compared: 0 };
  const contentsRule = contentRules(left, right);
  for (const base of union(left.pages.bases(), right.pages.bases())) {
    const [ours, theirs] = [left.pages.find(base), right.pages.find(base)];
    for (let slot = 0; slot < CHUNK_PFNS; slot++) {
      const [l, r] = [ours?.types[slot] ?? 0, theirs?.types[slot] ?? 0];
      if (l === 0 && r === 0) continue;
      result.compared++;
      if (l === r && ours !== undefined && theirs !== undefined && sameHash(ours, theirs, slot)) continue;
      const rule = l === r ? contentsRule(base + slot) : undefined;
      if (rule === 'start_info') continue;
      if (rule !== undefined) leaveOut(rule);
      else add(result, base + slot, l, r);
    }
  }
  return result;
}

/** start_info is compared field by field, where both have it at the same pfn. */
function contentRules(left: Guest, right: Guest): (pfn: number) => string | undefined {
  const [ours, theirs] = [hostPages(left), hostPages(right)];
  const startInfo = startInfoOf(left)?.pfn;
  const shared = startInfo !== undefined && startInfo === startInfoOf(right)?.pfn;
  return (pfn) => {
    if (shared && pfn === startInfo) return 'start_info';
    const rule = ours(pfn);
    return rule !== undefined && rule === theirs(pfn) ? rule : undefined;
  };
}

function sameHash(left: PfnChunk, right: PfnChunk, slot: number): boolean {
  const at = slot * 2;
  return left.hashes[at] === right.hashes[at] && left.hashes[at + 1] === right.hashes[at + 1];
}

function add(result: PageComparison, pfn: number, left: number, right: number): void {
  result.count++;
  const [l, r] = [typeName(left), typeName(right)];
  const last = result.runs.at(-1);
  if (last !== undefined && last.start + last.count === pfn && last.left === l && last.right === r) {
    last.count++;
    return;
  }
  if (result.runs.length >= LISTED_RUNS) return;
  const difference = l === undefined ? 'only right' : r === undefined ? 'only left' : l === r ? 'contents' : 'type';
  result.runs.push({ start: pfn, count: 1, difference, left: l, right: r });
}

/** `known` is the page type + 1, 0 where there is no page. */
function typeName(known: number): string | undefined {
  return known === 0 ? undefined : pageTypeName(known - 1);
}

function union(left: readonly number[], right: readonly number[]): number[] {
  return [...new Set([...left, ...right])].sort((a, b) => a - b);
}
