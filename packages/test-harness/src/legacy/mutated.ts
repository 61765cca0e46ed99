import { mutate, mutations } from '../differential/mutations.js';
import { randomNumbers } from '../random.js';
import type { GuestSpec } from './guest.js';
import { type LegacyWriter, legacyXlHeader } from './legacy-writer.js';
import type { LegacySample } from './matrix.js';

export interface MutationBase {
  readonly spec: GuestSpec;
  readonly writer: LegacyWriter;
}

const SECTION_CHANGES = ['drop', 'repeat', 'swap'] as const;
/** Bytes at a section's start where its numbers are; beyond are contents. */
const NUMBERS = 96;

/** Damaged streams: bytes changed, cut, dropped or doubled where the numbers are, and whole sections dropped, doubled or swapped. */
export function mutatedSamples(bases: readonly MutationBase[], count: number, seed: number): LegacySample[] {
  const random = randomNumbers(seed ^ 0x5eed);
  return mutations(bases.length, count, seed).map((mutation, i) => {
    const { spec, writer } = bases[mutation.base] as MutationBase;
    const way = random();
    const { what, stream } =
      way < 0.2 ? changedSections(writer, mutation.place, random()) : changedBytes(writer, mutation);
    const xlHeader = way > 0.9;
    const header = legacyXlHeader('{}', true);
    return {
      name: `${i}: ${spec.width}-bit ${spec.kind} ${spec.memory}, ${what}`,
      stream: xlHeader ? Buffer.concat([header, stream]) : stream,
      width: spec.width,
      guestType: spec.kind === 'hvm' ? 'hvm' : 'pv',
      format: random() < 0.7 ? 'libxl' : 'libxc',
      xlHeader,
      skipQemu: random() < 0.2,
    };
  });
}

function changedSections(writer: LegacyWriter, place: number, choice: number) {
  const sections = [...writer.sections];
  const at = Math.floor(place * sections.length);
  const section = sections[at] as Buffer;
  const change = SECTION_CHANGES[Math.floor(choice * SECTION_CHANGES.length)] ?? 'drop';
  if (change === 'drop') sections.splice(at, 1);
  else if (change === 'repeat') sections.splice(at, 0, section);
  else sections.splice(at, 2, ...sections.slice(at, at + 2).reverse());
  return { what: `${change} section ${at}`, stream: Buffer.concat(sections) };
}

function changedBytes(writer: LegacyWriter, { kind, place, byte }: ReturnType<typeof mutations>[number]) {
  const spots = numberBytes(writer);
  const at = spots[Math.floor(place * spots.length)] ?? 0;
  return { what: `${kind} at ${at} (${byte})`, stream: mutate(writer.bytes(), kind, at, byte) };
}

/** The bytes of each section that are likely numbers, and some others. */
function numberBytes(writer: LegacyWriter): number[] {
  const spots: number[] = [];
  let start = 0;
  for (const { length } of writer.sections) {
    for (let i = 0; i < length; i++) {
      if (i < NUMBERS || i >= length - 8 || i % 512 === 0) spots.push(start + i);
    }
    start += length;
  }
  return spots;
}
