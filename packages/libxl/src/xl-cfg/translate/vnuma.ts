import type { LibxlVnodeInfo } from '../../config/index.js';
import { parseUlong, toUint64, ULONG_MAX } from '../c-numbers.js';
import { splitPair, strtok, trim } from '../c-strings.js';
import type { XlValue } from '../settings.js';
import { EXIT_FAILURE, type Translation, type Writable } from '../translation.js';
import { mapWidth, numbersBelow, parseRange } from './cpu-map.js';
import type { Draft } from './draft.js';
import { isLeftToLibxl } from './memory.js';

interface Vnode extends Writable<Omit<LibxlVnodeInfo, 'vcpus'>> {
  readonly distances: number[];
  readonly vcpus: Set<number>;
}

interface Sums {
  vcpus: bigint;
  memkb: bigint;
}

/** `vnuma = [["pnode=0", "size=512", "vcpus=0-1", "vdistances=10,20"], ...]` */
export function translateVnuma(t: Translation, { build }: Draft): void {
  const specs = t.lookup.quietList('vnuma');
  if (typeof specs === 'string' || specs.length === 0) return;
  const given = build.max_vcpus ?? 0;
  if (given < 0) {
    throw t.refuse(
      EXIT_FAILURE,
      'libxl: error: libxl_utils.c:809:libxl_cpu_bitmap_alloc: invalid number of cpus provided',
      'libxl_node_bitmap_alloc failed.',
    );
  }
  const width = mapWidth(given === 0 ? t.host.maxCpus : given);
  const sums: Sums = { vcpus: 0n, memkb: 0n };
  const nodes = specs.map((): Vnode => ({ distances: specs.map(() => 0), vcpus: new Set() }));
  specs.forEach((spec, index) => {
    const node = nodes[index];
    if (node === undefined) return;
    for (const [option, value] of options(t, spec)) {
      if (option === 'pnode') build.numa_placement = 'False';
      applyOption(t, node, option, value, width, sums);
    }
  });
  build.max_vcpus = vcpusOfAll(t, given, sums.vcpus);
  if (!isLeftToLibxl(build.max_memkb) && BigInt(build.max_memkb ?? 0) !== sums.memkb) {
    throw t.refuse(EXIT_FAILURE, 'xl: maxmem and vnuma memory size mismatch');
  }
  build.max_memkb = toUint64(sums.memkb);
  build.vnuma_nodes = nodes.map((node) => ({ ...node, vcpus: [...node.vcpus].sort((a, b) => a - b) }));
}

function* options(t: Translation, spec: XlValue): Generator<readonly [option: string, value: string]> {
  if (spec.kind !== 'list') {
    // Stock's scanner counts no columns.
    t.say(`${t.source}:${spec.line}:0: warning: value is not a list`);
    throw t.refuse(EXIT_FAILURE, 'xl: cannot get vnode config option list');
  }
  for (const item of spec.items) {
    if (item.kind !== 'string') continue;
    const pair = splitPair(item.text, '=');
    if (pair === undefined) throw t.refuse(EXIT_FAILURE, `xl: failed to split "${item.text}" into pair`);
    yield [trim(pair[0]), trim(pair[1])];
  }
}

function applyOption(t: Translation, node: Vnode, option: string, value: string, width: number, sums: Sums): void {
  switch (option) {
    case 'pnode': {
      const pnode = requireUlong(t, value);
      if (pnode >= BigInt(t.host.nodes.length)) throw t.refuse(EXIT_FAILURE, `xl: invalid pnode number: ${pnode}`);
      node.pnode = Number(pnode);
      return;
    }
    case 'size':
      node.memkb = toUint64(requireUlong(t, value) << 10n);
      sums.memkb = BigInt.asUintN(64, sums.memkb + BigInt(node.memkb));
      return;
    case 'vcpus':
      for (const part of requireParts(t, option, value)) addVcpus(t, node, part, width, sums);
      return;
    case 'vdistances':
      requireParts(t, option, value).forEach((part, index) => {
        const distance = Number(BigInt.asUintN(32, requireUlong(t, part)));
        // Stock writes what is more than there are nodes behind its array.
        if (index < node.distances.length) node.distances[index] = distance;
      });
  }
}

// Stock takes no notice of a range that is wrong, and uses what it has read of it.
function addVcpus(t: Translation, node: Vnode, part: string, width: number, sums: Sums): void {
  const { first, last } = parseRange(part);
  // Stock never comes to the end of this one.
  if (last === ULONG_MAX) throw t.refuse(EXIT_FAILURE, `xl: invalid range of vcpus: ${part}`);
  if (last < first) return;
  sums.vcpus += last - first + 1n;
  for (const vcpu of numbersBelow(width, { first, last })) node.vcpus.add(vcpu);
}

function vcpusOfAll(t: Translation, given: number, sum: bigint): number {
  if (given !== 0) {
    if (BigInt(given) !== sum) throw t.refuse(EXIT_FAILURE, 'xl: vnuma vcpus and maxvcpus= mismatch');
    return given;
  }
  if (BigInt(t.host.onlineCpus) < sum) {
    throw t.refuse(EXIT_FAILURE, 'xl: vnuma specifies more vcpus than pcpus, use maxvcpus= to override this check.');
  }
  return Number(sum);
}

// Stock crashes on an empty value.
function requireParts(t: Translation, option: string, value: string): string[] {
  const parts = strtok(value, ',');
  if (parts.length === 0) throw t.refuse(EXIT_FAILURE, `xl: vnuma option ${option} has no value`);
  return parts;
}

/** A number as stock's parse_ulong takes it: what follows the digits does not matter. */
export function requireUlong(t: Translation, text: string): bigint {
  const { value, end } = parseUlong(text, 10);
  if (end > 0 && value !== ULONG_MAX) return value;
  throw t.refuse(EXIT_FAILURE, `xl: failed to convert "${text}" to number`);
}
