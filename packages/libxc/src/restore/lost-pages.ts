/** Pages that get a warning of their own. */
const MAX_NAMED_PAGES = 16;

/** For pages that page tables name and that the stream never said anything of. */
export function lostPageWarnings(pfns: Iterable<number>): string[] {
  const warnings: string[] = [];
  let more = 0;
  for (const pfn of pfns) {
    if (warnings.length === MAX_NAMED_PAGES) more++;
    else warnings.push(`page 0x${pfn.toString(16)} is named by a page table, but its contents were never sent ${LOST}`);
  }
  return more === 0 ? warnings : [...warnings, `the same is true of ${more} more pages`];
}

const LOST = '(a page table that its sender lost?): the guest will find an undefined page there';
