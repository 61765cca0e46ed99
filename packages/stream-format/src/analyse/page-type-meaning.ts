const MEANINGS: Readonly<Record<string, string>> = {
  NOTAB: 'ordinary memory',
  XALLOC: 'memory whose contents do not matter',
  BROKEN: 'memory that failed',
};

/** What a page of this type is. */
export function pageTypeMeaning(type: string): string {
  const table = /^L([1-4])TAB(_PINNED)?$/.exec(type);
  if (table === null) return MEANINGS[type] ?? '';
  return `page table of level ${table[1]}${table[2] === undefined ? '' : ', pinned'}`;
}
