import type { ByteReader } from '../bytes/byte-reader.js';
import { comparePages, type PageComparison } from './compare-pages.js';
import { diffFields, type FieldDifference, type FieldValue } from './fields.js';
import { type Guest, readGuest } from './guest.js';
import { SECTION_FIELDS, vcpuFields, whyAbsent } from './guest-fields.js';
import { hostBoundRule, type Section } from './host-bound.js';

/** Differing fields that are listed; all are counted. */
const LISTED_FIELDS = 10_000;

export interface GuestFieldDifference extends FieldDifference {
  readonly section: Section;
}

export interface Comparison {
  /** Whether the two are the same guest, but for what is bound to a host (HOST_BOUND). */
  readonly same: boolean;
  readonly fields: GuestFieldDifference[];
  /** How many fields differ; `fields` lists at most 10000. */
  readonly fieldCount: number;
  readonly pages: PageComparison;
  /** How many differences each rule of HOST_BOUND has left out; rules that left out none are not there. */
  readonly hostBound: Record<string, number>;
  /** Sections that only one of the streams can have. */
  readonly notCompared: { readonly section: Section; readonly why: string }[];
}

/**
 * Reads two streams and says in what their guests differ.
 * @throws StreamError
 */
export async function diffStreams(left: ByteReader, right: ByteReader): Promise<Comparison> {
  return compareGuests(await readGuest(left), await readGuest(right));
}

/** In what two guests differ. */
export function compareGuests(left: Guest, right: Guest): Comparison {
  const hostBound: Record<string, number> = {};
  const leaveOut = (rule: string) => {
    hostBound[rule] = (hostBound[rule] ?? 0) + 1;
  };
  const fields: GuestFieldDifference[] = [];
  const notCompared: Comparison['notCompared'] = [];
  let fieldCount = 0;
  for (const [section, ours, theirs] of sections(left, right, notCompared)) {
    for (const difference of diffFields(ours, theirs)) {
      const rule = hostBoundRule(section, difference.path);
      if (rule !== undefined) {
        leaveOut(rule.id);
        continue;
      }
      fieldCount++;
      if (fields.length < LISTED_FIELDS) fields.push({ section, ...difference });
    }
  }
  const pages = comparePages(left, right, leaveOut);
  return { same: fieldCount === 0 && pages.count === 0, fields, fieldCount, pages, hostBound, notCompared };
}

/** Each section's fields in both guests; vcpus one by one, so that only one is decoded at a time. */
function* sections(
  left: Guest,
  right: Guest,
  notCompared: Comparison['notCompared'],
): Generator<[Section, FieldValue, FieldValue]> {
  for (const [name, fieldsOf] of Object.entries(SECTION_FIELDS)) {
    const section = name as keyof typeof SECTION_FIELDS;
    const why = whyAbsent(section, left.state) ?? whyAbsent(section, right.state);
    if (why === undefined) yield [section, fieldsOf(left), fieldsOf(right)];
    else if (fieldsOf(left) !== undefined || fieldsOf(right) !== undefined) notCompared.push({ section, why });
  }
  for (const vcpu of new Set([...left.state.vcpus.keys(), ...right.state.vcpus.keys()])) {
    const fieldsOf = ({ state }: Guest) => vcpuFields(state.vcpus.get(vcpu), state.pvInfo?.guestWidth ?? 8);
    yield ['vcpus', { [vcpu]: fieldsOf(left) }, { [vcpu]: fieldsOf(right) }];
  }
}
