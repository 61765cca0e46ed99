import type { FrameList } from '../hypervisor/frames.js';
import type { DomainInfo, Hypervisor } from '../hypervisor/hypervisor.js';
import type { SaveCallbacks } from './options.js';
import type { WritableRecord } from './records.js';

/** What the save of one kind of guest does differently. */
export interface SaveGuestType {
  /** As in the stream's domain header. */
  readonly streamType: 'pv' | 'hvm';
  /** Maps and prepares what the save needs of the guest. On failure everything is undone again. */
  open(target: SaveTarget): Promise<SaveGuest>;
}

export interface SaveTarget {
  readonly hypervisor: Hypervisor;
  readonly info: DomainInfo;
  readonly callbacks: SaveCallbacks;
}

/** A guest that is being saved. */
export interface SaveGuest {
  /** The guest's pfns are 0 to pfnCount - 1. */
  readonly pfnCount: number;
  /** The frames by which the hypervisor knows these pfns; INVALID_FRAME where there is none at the moment. */
  gfnsOf(pfns: FrameList): FrameList;
  /** Whether a page of that type must go through normalisePage(). */
  needsNormalising(type: number): boolean;
  /**
   * Writes the page as it goes into the stream to `target` (1024 words).
   * @returns what can't be translated; while the guest runs, that is no error: it may be gone later
   */
  normalisePage(type: number, page: Uint8Array, target: Uint32Array): UntranslatablePage | undefined;
  /** Records that precede STATIC_DATA_END. */
  staticRecords(): Promise<WritableRecord[]>;
  /** Records between STATIC_DATA_END and the first page. */
  startRecords(): Promise<WritableRecord[]>;
  /** Records that follow the last page, of the suspended guest. */
  finalRecords(): Promise<WritableRecord[]>;
  /** @throws SaveFault when what open() found out holds no longer; asked only while the guest runs */
  checkUnchanged(): void;
  /** @param keepTracking leave the device model reporting its writes, for an incremental save to come */
  close(keepTracking: boolean): Promise<void>;
}

export interface UntranslatablePage {
  readonly reason: 'untranslatable' | 'superpage' | 'no-such-level' | 'out-of-range';
  readonly entry: number;
  /** The mfn in that entry. */
  readonly frame: number;
}
