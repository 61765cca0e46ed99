import { PAGE_TYPE } from '../libxc/page-types.js';

/** Red, green, blue. */
export type Colour = readonly [number, number, number];

/** By page type: memory is quiet, page tables stand out by level, the pinned ones darker. */
export const TYPE_COLOURS: Readonly<Record<number, Colour>> = {
  [PAGE_TYPE.NOTAB]: [120, 158, 199],
  [PAGE_TYPE.L1TAB]: [245, 190, 65],
  [PAGE_TYPE.L2TAB]: [238, 130, 60],
  [PAGE_TYPE.L3TAB]: [222, 80, 120],
  [PAGE_TYPE.L4TAB]: [160, 85, 200],
  [PAGE_TYPE.L1TAB_PINNED]: [190, 130, 10],
  [PAGE_TYPE.L2TAB_PINNED]: [180, 75, 15],
  [PAGE_TYPE.L3TAB_PINNED]: [160, 25, 70],
  [PAGE_TYPE.L4TAB_PINNED]: [95, 30, 140],
  [PAGE_TYPE.XALLOC]: [150, 190, 150],
  [PAGE_TYPE.BROKEN]: [220, 20, 20],
};

export const CONTENTS: Colour = [45, 100, 160];
export const ZEROS: Colour = [205, 222, 238];
export const SENT_ONCE: Colour = [190, 198, 206];

const EARLY: Colour = [250, 215, 80];
const LATE: Colour = [170, 20, 60];

/** Of a page that came last in a pass after its first: the later, the redder. */
export function passShade(pass: number, passes: number): Colour {
  const share = passes > 2 ? Math.min(1, Math.max(0, (pass - 2) / (passes - 2))) : 1;
  const mix = (i: 0 | 1 | 2) => Math.round(EARLY[i] + (LATE[i] - EARLY[i]) * share);
  return [mix(0), mix(1), mix(2)];
}

export function passColour(pass: number, passes: number): string {
  return css(passShade(pass, passes));
}

export function css([red, green, blue]: Colour): string {
  return `rgb(${red} ${green} ${blue})`;
}
