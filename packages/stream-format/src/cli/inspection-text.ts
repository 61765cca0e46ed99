import type { Inspection } from '../analyse/inspect.js';
import { FRAMING_TEXT } from './commands/verify.js';
import { pageTypeMeaning } from './page-type-meaning.js';
import { count, hex, size, table } from './text.js';

const PAGE = 4096;
const KIB = 1024;

/** What `xen-stream inspect` shows. */
export function inspectionText(inspection: Inspection): string {
  const sections: [string, string[]][] = [
    ['config', config(inspection)],
    ['records', records(inspection)],
    ['pages', pages(inspection)],
    ['passes', passes(inspection)],
    ['vcpus', vcpus(inspection)],
    ['processor', processor(inspection)],
    ['hvm context', hvmContext(inspection)],
    ['hvm params', hvmParams(inspection)],
    ['emulators', emulators(inspection)],
    ['undecodable', inspection.undecodable.map((text) => `  ${text}`)],
  ];
  const shown = sections.filter(([, lines]) => lines.length > 0);
  return [...headline(inspection), ...shown.flatMap(([title, lines]) => ['', title, ...lines]), ''].join('\n');
}

function headline({ framing, bytes, libxc, guestBits, converted, checkpoints, trailing }: Inspection): string[] {
  if (libxc === undefined) return [`${FRAMING_TEXT[framing]}, ${size(bytes)}, without a guest`];
  const guest = guestBits === undefined ? libxc.guestType.toUpperCase() : `${guestBits}-bit PV`;
  const xen = libxc.xenMajor === 0 ? 'an unknown Xen' : `Xen ${libxc.xenMajor}.${libxc.xenMinor}`;
  const notes = [
    ...(converted ? ['converted from the legacy format'] : []),
    ...(checkpoints > 0 ? [count(checkpoints, 'checkpoint')] : []),
    ...(trailing === 'permission to go' ? ["after it the sender's permission to go: a recorded migration"] : []),
    ...(trailing === 'unknown' ? ['bytes after its end that mean nothing'] : []),
  ];
  const form = `libxc stream version ${libxc.version}, ${libxc.endian}-endian`;
  return [`${FRAMING_TEXT[framing]}, ${size(bytes)}: ${guest} guest of ${xen}; ${[form, ...notes].join('; ')}`];
}

function config({ config }: Inspection): string[] {
  if (config === undefined) return [];
  const kib = (n: number | undefined) => (n === undefined ? '' : size(n * KIB));
  const rows: [string, string | undefined][] = [
    ['name', config.name],
    ['uuid', config.uuid],
    ['type', config.type],
    ['vcpus', config.maxVcpus?.toString()],
    ['memory', kib(config.maxMemoryKib)],
    ['target', kib(config.targetMemoryKib)],
  ];
  return pairs(rows.filter((row): row is [string, string] => row[1] !== undefined && row[1] !== ''));
}

function records({ records }: Inspection): string[] {
  const rows = records.map(({ layer, name, count: n, bytes }) => [layer, name, String(n), size(bytes)]);
  return table(['layer', 'type', '>count', '>bodies'], rows);
}

function pages({ memory }: Inspection): string[] {
  const rows = memory.types.map(({ type, pages: n }) => [type, String(n), size(n * PAGE), pageTypeMeaning(type)]);
  const again = memory.timesSent.filter(({ times }) => times > 1).map(({ times, pfns }) => `${pfns} ${times} times`);
  return [
    ...table(['type', '>pages', '>size', 'meaning'], rows),
    `  ${count(memory.zero, 'page')} of ${memory.pages} with data hold nothing but zeros`,
    ...(again.length > 0 ? [`  sent more than once: ${again.join(', ')}`] : []),
  ];
}

function passes({ passes, unlistedPasses }: Inspection): string[] {
  const rows = passes.map(({ number, records: n, pages: all, again, zero, verify, checkpoint }) => [
    String(number),
    String(n),
    String(all),
    String(again),
    String(zero),
    [...(verify ? ['verification'] : []), ...(checkpoint > 0 ? [`after checkpoint ${checkpoint}`] : [])].join(', '),
  ]);
  const more = unlistedPasses > 0 ? [`  ${count(unlistedPasses, 'pass', 'passes')} more count to the last`] : [];
  return [...table(['>pass', '>records', '>pages', '>sent before', '>zero', ''], rows), ...more];
}

function vcpus({ vcpus }: Inspection): string[] {
  if (vcpus.length === 0) return [];
  const rows = vcpus.map(({ vcpu, online, rip, rsp, rflags, cr3, cr3Pfn }) => [
    String(vcpu),
    hex(rip),
    hex(rsp),
    hex(rflags),
    cr3 === undefined ? `pfn ${hex(cr3Pfn ?? 0)}` : hex(cr3),
    online ? '' : 'offline',
  ]);
  return table(['>vcpu', 'rip', 'rsp', 'rflags', 'cr3', ''], rows);
}

function processor({ cpu, msrPolicy, tsc }: Inspection): string[] {
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
  return pairs(rows);
}

function hvmContext({ hvmContext }: Inspection): string[] {
  if (hvmContext.length === 0) return [];
  return [`  ${hvmContext.map(({ type, records: n }) => (n === 1 ? type : `${type} x${n}`)).join(' ')}`];
}

function hvmParams({ hvmParams }: Inspection): string[] {
  return pairs(hvmParams.map(({ index, name, value }) => [name ?? `param ${index}`, hex(value)]));
}

function emulators({ emulators }: Inspection): string[] {
  return emulators.flatMap(({ id, index, name, contextBytes, xenstore }) => [
    `  ${name ?? `emulator ${id}`}, index ${index}: context of ${size(contextBytes)}`,
    ...xenstore.map(({ path, value }) => `    ${path} = ${value}`),
  ]);
}

function pairs(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(0, ...rows.map(([term]) => term.length));
  return rows.map(([term, text]) => `  ${term.padEnd(width)}  ${text}`);
}
