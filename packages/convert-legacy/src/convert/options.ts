import type { ToolstackWidth } from '../read/legacy-reader.js';

export type GuestType = 'pv' | 'hvm';

/** Takes one line that says what was found in the stream. */
export type Trace = ((line: string) => void) | undefined;

export interface ConversionOptions {
  /** Bits of an unsigned long of the toolstack that wrote the stream; found out where not given. */
  readonly width?: ToolstackWidth;
  /** Found out where not given. */
  readonly guestType?: GuestType;
  /** What is written: a libxc stream alone (default), or a libxl stream around it, as `xl restore` takes it. */
  readonly format?: 'libxc' | 'libxl';
  /** The input begins with the header of an xl save file. It is kept, and in the libxl format marked as version 2. */
  readonly xlHeader?: boolean;
  /** Leave out the device model's state. In the libxl format it is always there, since restore needs it. */
  readonly skipQemu?: boolean;
  /** Is told what is found. */
  readonly trace?: (line: string) => void;
}

/** What a conversion found and did. */
export interface ConversionReport {
  readonly width: ToolstackWidth;
  readonly guestType: GuestType;
  /** How width and guest type were found out; empty where both were given. */
  readonly detected: readonly string[];
  /** Bytes of a word of a PV guest; undefined for an HVM guest. */
  readonly guestWidth?: 4 | 8;
  /** Pages of the guest's physical address space, holes and all. */
  readonly p2mSize: number;
  /** Pages with contents that were carried over. */
  readonly pages: number;
  /** Numbers of the vcpus that are online. */
  readonly vcpus: readonly number[];
  /** A stream without this mark goes on with further checkpoints (Remus), or is of Xen 3.x. */
  readonly lastCheckpoint: boolean;
  /** Bytes of the input that were taken. */
  readonly bytesRead: number;
}
