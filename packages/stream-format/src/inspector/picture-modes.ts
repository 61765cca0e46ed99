import type { MemoryPicture } from '../analyse/memory-picture.js';
import { pageTypeMeaning } from '../analyse/page-type-meaning.js';
import { pageTypeName } from '../libxc/page-types.js';
import { CONTENTS, type Colour, passShade, SENT_ONCE, TYPE_COLOURS, ZEROS } from './palette.js';

/** What the colours of a picture mean. */
export interface PictureMode {
  readonly name: string;
  readonly legend: readonly (readonly [Colour, string])[];
  /** Colour of a cell that has a page. */
  readonly colourOf: (cell: number) => Colour;
}

/** The ways to look at a guest's memory. */
export function pictureModes(picture: MemoryPicture, passes: number): PictureMode[] {
  return [byType(picture), byZero(picture), bySending(picture, passes)];
}

function byType({ types }: MemoryPicture): PictureMode {
  const present = [...new Set(types)].filter((known) => known > 0).sort((a, b) => a - b);
  const colourOf = (known: number) => TYPE_COLOURS[known - 1] ?? CONTENTS;
  return {
    name: 'page types',
    legend: present.map((known) => {
      const name = pageTypeName(known - 1);
      return [colourOf(known), `${name}, ${pageTypeMeaning(name)}`];
    }),
    colourOf: (cell) => colourOf(types[cell] ?? 0),
  };
}

function byZero({ zero }: MemoryPicture): PictureMode {
  return {
    name: 'zero pages',
    legend: [
      [CONTENTS, 'contents'],
      [ZEROS, 'nothing but zeros'],
    ],
    colourOf: (cell) => (zero[cell] === 1 ? ZEROS : CONTENTS),
  };
}

/** Passes that the legend names; of more it names the first and the last. */
const NAMED_PASSES = 8;

function bySending({ sent, pass }: MemoryPicture, passes: number): PictureMode {
  const again = [...new Set(pass.filter((_, cell) => (sent[cell] ?? 0) > 1))].sort((a, b) => a - b);
  const named = again.length > NAMED_PASSES ? [again[0] ?? 0, again.at(-1) ?? 0] : again;
  return {
    name: 'sent again',
    legend: [
      [SENT_ONCE, 'sent once'],
      ...named.map((n): [Colour, string] => [passShade(n, passes), `sent again, last in pass ${n}`]),
    ],
    colourOf: (cell) => ((sent[cell] ?? 0) > 1 ? passShade(pass[cell] ?? 0, passes) : SENT_ONCE),
  };
}
