/** The two headers at the start of a libxc stream. */
export interface LibxcHeaders {
  version: 2 | 3;
  endian: 'little' | 'big';
  guestType: 'pv' | 'hvm';
  pageShift: number;
  /** 0 for a stream that was converted from the legacy format. */
  xenMajor: number;
  xenMinor: number;
}

export interface HvmParam {
  index: bigint | number;
  value: bigint;
}

/** The pages of a PAGE_DATA record, in the order of those of its pfns that have data. */
export interface PageBody {
  /** As many whole pages as the targets hold, straight into them; no more than are left. */
  readInto(targets: readonly Uint8Array[]): Promise<void>;
  /** The next page: a view, valid until the next call; undefined after the last. */
  next(): Promise<Uint8Array | undefined>;
  /** Passes over the pages that are left. */
  skip(): Promise<void>;
}

/** Where a record that was read stood. */
export interface RecordPosition {
  /** Offset of its header in the stream. */
  offset: number;
  /** Counts the stream's records from 0. */
  index: number;
  /** Bytes of the body, without padding. */
  length: number;
}

export interface PageDataRecord {
  type: 'PAGE_DATA';
  /** pfn of each entry. */
  pfns: Float64Array;
  /** Page type of each entry, 0 to 15 (PAGE_TYPE). */
  types: Uint8Array;
  /** How many pages of data the body has. */
  pageCount: number;
  body: PageBody;
}

/** Records but for their pages: what a writer takes whole. Binary contents are views, valid until the next record. */
export type PlainLibxcRecord =
  | { type: 'END' | 'VERIFY' | 'CHECKPOINT' | 'STATIC_DATA_END' }
  | { type: 'X86_PV_INFO'; guestWidth: 4 | 8; ptLevels: 3 | 4 }
  | { type: 'X86_PV_P2M_FRAMES'; startPfn: number; endPfn: number; frames: Float64Array }
  | {
      type: 'X86_PV_VCPU_BASIC' | 'X86_PV_VCPU_EXTENDED' | 'X86_PV_VCPU_XSAVE' | 'X86_PV_VCPU_MSRS';
      vcpu: number;
      data: Uint8Array;
    }
  | { type: 'SHARED_INFO' | 'HVM_CONTEXT' | 'TOOLSTACK' | 'X86_CPUID_POLICY' | 'X86_MSR_POLICY'; data: Uint8Array }
  | { type: 'X86_TSC_INFO'; mode: number; khz: number; nsec: bigint; incarnation: number }
  | { type: 'HVM_PARAMS'; params: HvmParam[] }
  | { type: 'CHECKPOINT_DIRTY_PFN_LIST'; pfns: Float64Array }
  | { type: 'UNKNOWN'; number: number; optional: boolean; data: Uint8Array };

/** A record as it is read. */
export type LibxcRecord = (PlainLibxcRecord | PageDataRecord) & RecordPosition;
