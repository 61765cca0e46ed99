/** What of a guest's three-level p2m the next host must rewrite: entries that name pages, by pfn. */
export interface P2mTree {
  readonly top: number;
  readonly links: readonly { readonly page: number; readonly index: number; readonly target: number }[];
}
