import { PAGE_SIZE } from '../../hypervisor/frames.js';
import { GuestFault } from './fault.js';

/** A page as one translation gives it. */
export interface Translation {
  readonly page: number;
  readonly words: Uint32Array;
  readonly bytes: Uint8Array;
  /** What log-dirty knows the page by; -1: no frame that is tracked. */
  readonly pfn: number;
  readonly writable: boolean;
}

/** Where translations come from, and who is told of writes. */
export interface PageTranslator {
  /** @param page virtual page number. @throws GuestFault PAGE */
  translate(page: number): Translation;
  /** The translator's own cached tables are to be read again. */
  flush(): void;
  /** After the write: a reader who took the old or a torn page finds it dirty again. */
  wrote(pfn: number): void;
}

const TLB_ENTRIES = 1 << 14;
/** Addresses above are of the upper half (where no embedded kernel lives) or not canonical. */
const MAX_ADDRESS = 2 ** 47;

/** The memory of a vcpu by virtual address, through a TLB. All accesses are little-endian and aligned. */
export class AddressSpace {
  private readonly tlb: (Translation | undefined)[] = new Array(TLB_ENTRIES).fill(undefined);

  constructor(private readonly translator: PageTranslator) {}

  flush(): void {
    this.tlb.fill(undefined);
    this.translator.flush();
  }

  /** After a change of the one entry that maps an address. */
  flushPage(address: number): void {
    this.tlb[Math.floor(address / PAGE_SIZE) & (TLB_ENTRIES - 1)] = undefined;
  }

  /** The page at an address, to read. @throws GuestFault */
  forRead(address: number): Translation {
    const page = Math.floor(address / PAGE_SIZE);
    const cached = this.tlb[page & (TLB_ENTRIES - 1)];
    if (cached !== undefined && cached.page === page) return cached;
    if (!(address >= 0 && address < MAX_ADDRESS)) throw new GuestFault('PAGE', `${hex(address)} is no guest address`);
    const found = this.translator.translate(page);
    this.tlb[page & (TLB_ENTRIES - 1)] = found;
    return found;
  }

  /** The page at an address, to write; call wrote() once it is written. @throws GuestFault */
  forWrite(address: number): Translation {
    const found = this.forRead(address);
    if (!found.writable) throw new GuestFault('PROTECTION', `write to ${hex(address)}, which is mapped read-only`);
    return found;
  }

  wrote(translation: Translation): void {
    if (translation.pfn >= 0) this.translator.wrote(translation.pfn);
  }

  read32(address: number): number {
    return this.forRead(address).words[aligned(address, 4) >>> 2]!;
  }

  write32(address: number, value: number): void {
    const target = this.forWrite(address);
    target.words[aligned(address, 4) >>> 2] = value;
    this.wrote(target);
  }

  /** @throws GuestFault OVERFLOW for values of 2^53 and more */
  read64(address: number): number {
    const { words } = this.forRead(address);
    const at = aligned(address, 8) >>> 2;
    const high = words[at + 1]!;
    if (high >= 0x20_0000) throw new GuestFault('OVERFLOW', `the word at ${hex(address)} is no number below 2^53`);
    return high * 2 ** 32 + words[at]!;
  }

  write64(address: number, value: number): void {
    const target = this.forWrite(address);
    const at = aligned(address, 8) >>> 2;
    target.words[at] = value;
    target.words[at + 1] = Math.floor(value / 2 ** 32);
    this.wrote(target);
  }

  /** Copies out bytes, across pages. */
  readBytes(address: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const at = (address + done) & (PAGE_SIZE - 1);
      const count = Math.min(length - done, PAGE_SIZE - at);
      bytes.set(this.forRead(address + done).bytes.subarray(at, at + count), done);
      done += count;
    }
    return bytes;
  }

  writeBytes(address: number, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) {
      const at = (address + done) & (PAGE_SIZE - 1);
      const count = Math.min(bytes.length - done, PAGE_SIZE - at);
      const target = this.forWrite(address + done);
      target.bytes.set(bytes.subarray(done, done + count), at);
      this.wrote(target);
      done += count;
    }
  }

  /** Zero-terminated text of at most `limit` bytes. */
  readText(address: number, limit: number): string {
    const parts: number[] = [];
    for (let i = 0; i < limit; i++) {
      const byte = this.forRead(address + i).bytes[(address + i) & (PAGE_SIZE - 1)]!;
      if (byte === 0) break;
      parts.push(byte);
    }
    return Buffer.from(parts).toString('utf8');
  }
}

function aligned(address: number, size: number): number {
  // Bit operators take an exact number's low 32 bits, and are far cheaper than % on one above 2^31.
  const within = address & (PAGE_SIZE - 1);
  if ((within & (size - 1)) !== 0) throw new GuestFault('ALIGNMENT', `${hex(address)} is not aligned to ${size} bytes`);
  return within;
}

export function hex(address: number): string {
  return `0x${address.toString(16)}`;
}
