import type { LibxcRecord } from '@xen-migration/stream-format';
import type { FrameStack } from '../frame-lists.js';
import type { FrameList } from '../hypervisor/frames.js';
import type { DomainInfo, Hypervisor } from '../hypervisor/hypervisor.js';
import type { EarlyPins } from './early-pins.js';
import type { BackendChannel } from './options.js';

/** What the restore of one kind of guest does differently. */
export interface RestoreGuestType {
  /** As in the stream's domain header. */
  readonly streamType: 'pv' | 'hvm';
  open(target: RestoreTarget): Promise<RestoreGuest>;
}

export interface RestoreTarget {
  readonly hypervisor: Hypervisor;
  readonly info: DomainInfo;
  readonly store: BackendChannel;
  readonly console: BackendChannel;
}

/** A guest that is being restored. */
export interface RestoreGuest {
  /** @throws RestoreFault where the guest can't have one of the pfns */
  checkPfns(pfns: FrameList): void;
  /** The frame by which the hypervisor knows a populated pfn. */
  gfnOf(pfn: number): number;
  /** Frames were made for pfns[i]: gfns[i]. */
  setFrames(pfns: FrameList, gfns: FrameList): void;
  /** The stream says of what types pages are; the last word counts. */
  setPageTypes(pfns: FrameList, types: Uint8Array): void;
  /** Whether a page of that type must go through collectUnseen() and localisePage(). */
  needsLocalising(type: number): boolean;
  /** Appends to `unseen` the pfns that a page of the stream names and that have no frame. @throws RestoreFault */
  collectUnseen(pfn: number, page: Uint8Array, unseen: FrameStack): void;
  /** Makes a page of the stream into one of this host, in place. @throws RestoreFault */
  localisePage(pfn: number, page: Uint8Array): void;
  /** Of a PV guest: what of its page tables the hypervisor knows already as such. */
  readonly earlyPins: EarlyPins | undefined;
  /** The records of this type of guest, beside the common ones. */
  readonly recordTypes: ReadonlySet<LibxcRecord['type']>;
  /** Takes one of those. */
  takeRecord(record: LibxcRecord): Promise<void>;
  /** The stream, or (COLO) a checkpoint, was whole: the vcpus, page tables and rings are set up. */
  complete(): Promise<RestoredGuest>;
  /** Gives back what was mapped of the host; the domain is left as it is. */
  close(): Promise<void>;
}

export interface RestoredGuest {
  readonly storeGfn: number | undefined;
  readonly consoleGfn: number | undefined;
  readonly warnings: readonly string[];
}
