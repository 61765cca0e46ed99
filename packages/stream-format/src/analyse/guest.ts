import type { ByteReader } from '../bytes/byte-reader.js';
import { streamEvents } from '../stream/events.js';
import { GuestState } from './guest-state.js';
import { PagePrints } from './page-prints.js';
import type { PfnTable } from './pfn-table.js';
import { PvPages } from './pv-pages.js';
import { requireWholeGuest } from './whole-guest.js';

/** A guest as a stream has it at its end. */
export interface Guest {
  readonly state: GuestState;
  /** Type and hash of each page. */
  readonly pages: PfnTable;
  /** What is known of the pages of a PV guest that belong to its host; undefined for an HVM guest. */
  readonly pv: PvPages | undefined;
}

/**
 * Reads a whole stream. Memory: 9 bytes per pfn, for a PV guest up to 17, besides the state of its vcpus and devices.
 * @throws StreamError
 */
export async function readGuest(reader: ByteReader): Promise<Guest> {
  const state = new GuestState();
  let pv: PvPages | undefined;
  const prints = new PagePrints((pfn, _type, words, at) => pv?.observe(pfn, words, at));
  for await (const event of streamEvents(reader)) {
    state.take(event);
    if (event.kind !== 'libxc-record') continue;
    const { record } = event;
    requireWholeGuest(record);
    if (record.type === 'X86_PV_INFO') pv = new PvPages(record.guestWidth);
    else if (record.type === 'X86_PV_P2M_FRAMES') pv?.p2mFrames(record);
    else if (record.type === 'PAGE_DATA') await prints.take(record);
  }
  return { state, pages: prints.table, pv };
}
