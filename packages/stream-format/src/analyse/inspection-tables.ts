import type { Snapshot } from '../chain/snapshot.js';
import type { Framing } from '../stream/framing.js';
import type { Inspection } from './inspect.js';
import { count, hex, size } from './numbers.js';
import { pageTypeMeaning } from './page-type-meaning.js';

const PAGE = 4096;
const KIB = 1024;

export const FRAMING_TEXT: Readonly<Record<Framing, string>> = {
  xl: 'xl save file',
  libxl: 'libxl stream',
  libxc: 'libxc stream',
};

/** A part of what a stream holds, ready to be shown. */
export interface InspectionTable {
  readonly title: string;
  /** None where rows are pairs of a term and its value. '>' before a heading: the column holds numbers. */
  readonly headings: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Sentences after the rows. */
  readonly notes: readonly string[];
}

/** The parts that the stream has anything of, in the order in which people ask for them. */
export function inspectionTables(inspection: Inspection): InspectionTable[] {
  const tables = [
    config(inspection),
    records(inspection),
    pages(inspection),
    passes(inspection),
    vcpus(inspection),
    processor(inspection),
    hvmContext(inspection),
    hvmParams(inspection),
    emulators(inspection),
    part('undecodable', { notes: inspection.undecodable }),
  ];
  return tables.filter(({ rows, notes }) => rows.length + notes.length > 0);
}

/** What the stream is, in one line. */
export function inspectionHeadline(inspection: Inspection): string {
  const { framing, bytes, libxc, guestBits, converted, checkpoints, snapshot, trailing } = inspection;
  if (libxc === undefined) return `${FRAMING_TEXT[framing]}, ${size(bytes)}, without a guest`;
  const guest = guestBits === undefined ? libxc.guestType.toUpperCase() : `${guestBits}-bit PV`;
  const xen = libxc.xenMajor === 0 ? 'an unknown Xen' : `Xen ${libxc.xenMajor}.${libxc.xenMinor}`;
  const notes = [
    ...(converted ? ['converted from the legacy format'] : []),
    ...(checkpoints > 0 ? [count(checkpoints, 'checkpoint')] : []),
    ...(snapshot === undefined ? [] : [snapshotText(snapshot)]),
    ...(trailing === 'permission to go' ? ["after it the sender's permission to go: a recorded migration"] : []),
    ...(trailing === 'unknown' ? ['bytes after its end that mean nothing'] : []),
  ];
  const form = `libxc stream version ${libxc.version}, ${libxc.endian}-endian`;
  return `${FRAMING_TEXT[framing]}, ${size(bytes)}: ${guest} guest of ${xen}; ${[form, ...notes].join('; ')}`;
}

function snapshotText({ id, parent }: Snapshot): string {
  if (parent === undefined) return `snapshot ${id}, a base of incremental saves`;
  return `incremental save ${id}: only what was written since ${parent}`;
}

function part(title: string, contents: Partial<Omit<InspectionTable, 'title'>>): InspectionTable {
  return { title, headings: [], rows: [], notes: [], ...contents };
}

function config({ config }: Inspection): InspectionTable {
  if (config === undefined) return part('config', {});
  const kib = (n: number | undefined) => (n === undefined ? undefined : size(n * KIB));
  const rows: [string, string | undefined][] = [
    ['name', config.name],
    ['uuid', config.uuid],
    ['type', config.type],
    ['vcpus', config.maxVcpus?.toString()],
    ['memory', kib(config.maxMemoryKib)],
    ['target', kib(config.targetMemoryKib)],
  ];
  return part('config', { rows: rows.flatMap(([term, value]) => (value === undefined ? [] : [[term, value]])) });
}

function records({ records }: Inspection): InspectionTable {
  return part('records', {
    headings: ['layer', 'type', '>count', '>bodies'],
    rows: records.map(({ layer, name, count: n, bytes }) => [layer, name, String(n), size(bytes)]),
  });
}

function pages({ memory }: Inspection): InspectionTable {
  const again = memory.timesSent.filter(({ times }) => times > 1).map(({ times, pfns }) => `${pfns} ${times} times`);
  return part('pages', {
    headings: ['type', '>pages', '>size', 'meaning'],
    rows: memory.types.map(({ type, pages: n }) => [type, String(n), size(n * PAGE), pageTypeMeaning(type)]),
    notes: [
      `${count(memory.zero, 'page')} of ${memory.pages} with data hold nothing but zeros`,
      ...(again.length > 0 ? [`sent more than once: ${again.join(', ')}`] : []),
    ],
  });
}

function passes({ passes, unlistedPasses }: Inspection): InspectionTable {
  return part('passes', {
    headings: ['>pass', '>records', '>pages', '>sent before', '>zero', ''],
    rows: passes.map(({ number, records: n, pages: all, again, zero, verify, checkpoint }) => [
      ...[number, n, all, again, zero].map(String),
      [...(verify ? ['verification'] : []), ...(checkpoint > 0 ? [`after checkpoint ${checkpoint}`] : [])].join(', '),
    ]),
    notes: unlistedPasses > 0 ? [`${count(unlistedPasses, 'pass', 'passes')} more count to the last`] : [],
  });
}

function vcpus({ vcpus }: Inspection): InspectionTable {
  return part('vcpus', {
    headings: ['>vcpu', 'rip', 'rsp', 'rflags', 'cr3', ''],
    rows: vcpus.map(({ vcpu, online, rip, rsp, rflags, cr3, cr3Pfn }) => [
      String(vcpu),
      ...[rip, rsp, rflags].map(hex),
      cr3 === undefined ? `pfn ${hex(cr3Pfn ?? 0)}` : hex(cr3),
      online ? '' : 'offline',
    ]),
  });
}

function processor({ cpu, msrPolicy, tsc }: Inspection): InspectionTable {
  const rows: [string, string][] = [];
  if (cpu !== undefined) {
    const { vendor, brand, family, model, stepping, features } = cpu;
    rows.push(['policy', `${vendor} family ${hex(family)} model ${hex(model)} stepping ${stepping} ${brand}`.trim()]);
    rows.push(['features', `${features.length}: ${features.join(' ')}`]);
  }
  for (const { index, name, value } of msrPolicy) rows.push([name ?? `MSR ${hex(index)}`, hex(value)]);
  if (tsc !== undefined) {
    const mode = tsc.modeName ?? `mode ${tsc.mode}`;
    rows.push(['TSC', `${mode}, ${(tsc.khz / 1000).toFixed(0)} MHz, incarnation ${tsc.incarnation}`]);
  }
  return part('processor', { rows });
}

function hvmContext({ hvmContext }: Inspection): InspectionTable {
  if (hvmContext.length === 0) return part('hvm context', {});
  const types = hvmContext.map(({ type, records: n }) => (n === 1 ? type : `${type} x${n}`));
  return part('hvm context', { notes: [types.join(' ')] });
}

function hvmParams({ hvmParams }: Inspection): InspectionTable {
  const rows = hvmParams.map(({ index, name, value }) => [name ?? `param ${index}`, hex(value)]);
  return part('hvm params', { rows });
}

function emulators({ emulators }: Inspection): InspectionTable {
  return part('emulators', {
    rows: emulators.flatMap(({ id, index, name, contextBytes, xenstore }) => [
      [name ?? `emulator ${id}`, `index ${index}, context of ${size(contextBytes)}`],
      ...xenstore.map(({ path, value }) => [path, value]),
    ]),
  });
}
