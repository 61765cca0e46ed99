/** Type of a page in the upper four bits of its pfn word (libxc stream, PAGE_DATA). */
export const PAGE_TYPE = {
  NOTAB: 0x0,
  L1TAB: 0x1,
  L2TAB: 0x2,
  L3TAB: 0x3,
  L4TAB: 0x4,
  L1TAB_PINNED: 0x9,
  L2TAB_PINNED: 0xa,
  L3TAB_PINNED: 0xb,
  L4TAB_PINNED: 0xc,
  BROKEN: 0xd,
  XALLOC: 0xe,
  XTAB: 0xf,
} as const;

const PINNED = 0x8;

/** Whether the format defines the type: 5 to 8 are reserved, anything beyond four bits does not exist. */
export function isKnownPageType(type: number): boolean {
  return (type >= 0 && type <= PAGE_TYPE.L4TAB) || (type >= PAGE_TYPE.L1TAB_PINNED && type <= PAGE_TYPE.XTAB);
}

/** Whether a page of content follows in the record. */
export function hasPageData(type: number): boolean {
  return isKnownPageType(type) && type < PAGE_TYPE.BROKEN;
}

/** Whether the pfn has memory in the guest. */
export function needsMemory(type: number): boolean {
  return hasPageData(type) || type === PAGE_TYPE.XALLOC;
}

/** Whether the page is a page table that the guest has pinned. */
export function isPinned(type: number): boolean {
  return type >= PAGE_TYPE.L1TAB_PINNED && type <= PAGE_TYPE.L4TAB_PINNED;
}

/** Level of the page table, pinned or not: 1 to 4; 0 for what is none. */
export function pageTableLevel(type: number): 0 | 1 | 2 | 3 | 4 {
  const level = isPinned(type) ? type & ~PINNED : type;
  return level === 1 || level === 2 || level === 3 || level === 4 ? level : 0;
}

/** Name of the type, as in PAGE_TYPE. */
export function pageTypeName(type: number): string {
  return Object.entries(PAGE_TYPE).find(([, value]) => value === type)?.[0] ?? `0x${type.toString(16)}`;
}
