import { concatBytes } from '@xen-migration/stream-format';
import { Mutator } from '../../../stream-format/src/testing/mutations.js';
import type { Choices } from '../random.js';
import type { Sample } from './target.js';

/** Bytes at the start of a part where its numbers are. */
const NUMBERS = 32;
const MAX_SEED = 0xffff_ffff;

type Mutation = (parts: Uint8Array[], random: Choices, words: readonly string[]) => void;

/** One to three changes of the parts, or of their bytes. */
export function mutateParts({ parts, words = [] }: Sample, random: Choices): Uint8Array {
  const changed = [...parts];
  for (let n = random.between(1, 3); n > 0; n--) random.one(MUTATIONS)(changed, random, words);
  return concatBytes(changed);
}

const anyOf = (parts: readonly Uint8Array[], random: Choices) => random.between(0, parts.length - 1);

const MUTATIONS: readonly Mutation[] = [
  function dropped(parts, random) {
    parts.splice(anyOf(parts, random), random.between(1, 2));
    if (parts.length === 0) parts.push(new Uint8Array(0));
  },
  function repeated(parts, random) {
    const at = anyOf(parts, random);
    const times = random.happens(0.1) ? random.between(2, 40) : 1;
    for (let n = 0; n < times; n++) parts.splice(at, 0, parts[at]!);
  },
  function moved(parts, random) {
    const [part] = parts.splice(anyOf(parts, random), 1);
    parts.splice(random.between(0, parts.length), 0, part!);
  },
  function cutShort(parts, random) {
    const at = anyOf(parts, random);
    parts[at] = parts[at]!.subarray(0, random.between(0, parts[at]!.length));
    if (random.happens(0.3)) parts.splice(at + 1);
  },
  /** What the next part begins with stands in the middle of this one. */
  function joined(parts, random) {
    const at = anyOf(parts, random);
    const [part, other] = [parts[at]!, parts[anyOf(parts, random)]!];
    const cut = random.between(0, part.length);
    parts[at] = concatBytes([part.subarray(0, cut), other.subarray(random.between(0, other.length))]);
  },
  function number(parts, random) {
    const at = anyOf(parts, random);
    const part = parts[at]!.slice();
    const place = random.between(0, Math.min(NUMBERS, part.length) >>> 2) * 4;
    if (place + 4 > part.length) return;
    const view = new DataView(part.buffer);
    const nearby = view.getUint32(place, true) + random.between(-16, 16);
    const awkward = Number(mutatorOf(part, random).awkward() & 0xffff_ffffn);
    view.setUint32(place, random.happens(0.5) ? nearby >>> 0 : awkward, true);
    parts[at] = part;
  },
  function bytes(parts, random) {
    const at = anyOf(parts, random);
    if (parts[at]!.length > 0) parts[at] = mutatorOf(parts[at]!, random).nextOfBytes().bytes;
  },
  function word(parts, random, words) {
    if (words.length === 0) return;
    const at = anyOf(parts, random);
    const part = parts[at]!;
    const from = random.between(0, part.length);
    const to = random.happens(0.5) ? from : Math.min(part.length, from + random.between(1, 8));
    parts[at] = concatBytes([part.subarray(0, from), Buffer.from(random.one(words)), part.subarray(to)]);
  },
];

function mutatorOf(bytes: Uint8Array, random: Choices): Mutator {
  return new Mutator(bytes, random.between(1, MAX_SEED));
}
