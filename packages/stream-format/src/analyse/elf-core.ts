import { bytes, encode, list, padding, structure, u16, u32, u64 } from '../decode/structure.js';
import { PAGE_SIZE } from '../libxc/layouts.js';
import { REGISTER_NAMES, type VcpuRegisters } from './vcpu-registers.js';

/** Elf64_Ehdr (System V ABI, Object Files, ELF Header). */
const ELF_HEADER = structure({
  ident: bytes(16),
  type: u16,
  machine: u16,
  version: u32,
  entry: u64,
  phoff: u64,
  shoff: u64,
  flags: u32,
  ehsize: u16,
  phentsize: u16,
  phnum: u16,
  shentsize: u16,
  shnum: u16,
  shstrndx: u16,
});

/** Elf64_Phdr (the same, Program Header). */
const PROGRAM_HEADER = structure({
  type: u32,
  flags: u32,
  offset: u64,
  vaddr: u64,
  paddr: u64,
  filesz: u64,
  memsz: u64,
  align: u64,
});

/** Elf64_Shdr (the same, Sections). */
const SECTION_HEADER = structure({
  name: u32,
  type: u32,
  flags: u64,
  addr: u64,
  offset: u64,
  size: u64,
  link: u32,
  info: u32,
  addralign: u64,
  entsize: u64,
});

/** Elf64_Nhdr with the name that core files use. */
const NOTE_HEADER = structure({ namesz: u32, descsz: u32, type: u32, name: bytes(8) });
const NOTE_NAME = Uint8Array.from([...new TextEncoder().encode('CORE'), 0, 0, 0, 0]);

/** struct elf_prstatus of x86-64 Linux (linux/elfcore.h); gdb takes the thread's number and the registers from it. */
const PRSTATUS = structure({
  _signal: padding(32),
  pid: u32,
  _ids_and_times: padding(76),
  registers: list(u64, 27),
  fpvalid: u32,
  _pad: padding(4),
});

const ELFCLASS64 = 2;
const ELFDATA2LSB = 1;
const ET_CORE = 4;
const EM_X86_64 = 62;
const PT_LOAD = 1;
const PT_NOTE = 4;
const PF_RWX = 7;
const NT_PRSTATUS = 1;
/** So many program headers and more are counted in the first section header instead (e_phnum, PN_XNUM). */
const PN_XNUM = 0xffff;
const NO_SYSTEM_CALL = 2n ** 64n - 1n;

/** Where page 0 of the guest stands in the file: pages follow each other by pfn, and what the guest lacks is a hole. */
export const ELF_PAGES_AT = PAGE_SIZE;

export interface ElfCore {
  /** Goes to offset 0. */
  readonly header: Uint8Array;
  /** Goes to `tailAt`: notes, program headers. */
  readonly tail: readonly Uint8Array[];
  readonly tailAt: number;
}

/**
 * The parts of an ELF core besides its pages. Addresses in it are the guest's physical ones, as virtual addresses too,
 * which is what debuggers ask by.
 */
export function elfCore(
  runs: readonly { readonly start: number; readonly count: number }[],
  vcpus: readonly VcpuRegisters[],
): ElfCore {
  const last = runs.at(-1);
  const tailAt = ELF_PAGES_AT + (last === undefined ? 0 : last.start + last.count) * PAGE_SIZE;
  const notes = vcpus.map(note);
  const notesSize = notes.reduce((sum, part) => sum + part.length, 0);
  const headers = [
    programHeader({ type: PT_NOTE, flags: 0, offset: tailAt, address: 0, size: notesSize, align: 4 }),
    ...runs.map(({ start, count }) => {
      const address = start * PAGE_SIZE;
      const size = count * PAGE_SIZE;
      return programHeader({ type: PT_LOAD, flags: PF_RWX, offset: ELF_PAGES_AT + address, address, size });
    }),
  ];
  const phoff = tailAt + notesSize;
  const many = headers.length >= PN_XNUM;
  const shoff = many ? phoff + headers.length * PROGRAM_HEADER.size : 0;
  return {
    header: elfHeader(phoff, headers.length, shoff),
    tail: [...notes, ...headers, ...(many ? [countingSection(headers.length)] : [])],
    tailAt,
  };
}

function elfHeader(phoff: number, count: number, shoff: number): Uint8Array {
  const ident = new Uint8Array(16);
  ident.set([0x7f, 0x45, 0x4c, 0x46, ELFCLASS64, ELFDATA2LSB, 1]);
  return encode(ELF_HEADER, {
    ident,
    type: ET_CORE,
    machine: EM_X86_64,
    version: 1,
    entry: 0n,
    phoff: BigInt(phoff),
    shoff: BigInt(shoff),
    flags: 0,
    ehsize: ELF_HEADER.size,
    phentsize: PROGRAM_HEADER.size,
    phnum: Math.min(count, PN_XNUM),
    shentsize: shoff === 0 ? 0 : SECTION_HEADER.size,
    shnum: shoff === 0 ? 0 : 1,
    shstrndx: 0,
  });
}

function programHeader(segment: {
  type: number;
  flags: number;
  offset: number;
  address: number;
  size: number;
  align?: number;
}): Uint8Array {
  const { type, flags, offset, address, size, align = PAGE_SIZE } = segment;
  const [at, bytesOf] = [BigInt(address), BigInt(size)];
  return encode(PROGRAM_HEADER, {
    type,
    flags,
    offset: BigInt(offset),
    vaddr: at,
    paddr: at,
    filesz: bytesOf,
    memsz: type === PT_NOTE ? 0n : bytesOf,
    align: BigInt(align),
  });
}

function countingSection(programHeaders: number): Uint8Array {
  return encode(SECTION_HEADER, {
    name: 0,
    type: 0,
    flags: 0n,
    addr: 0n,
    offset: 0n,
    size: 1n,
    link: 0,
    info: programHeaders,
    addralign: 0n,
    entsize: 0n,
  });
}

function note({ vcpu, registers }: VcpuRegisters): Uint8Array {
  const all = REGISTER_NAMES.map((name) => registers[name]);
  all.splice(REGISTER_NAMES.indexOf('rip'), 0, NO_SYSTEM_CALL);
  const status = encode(PRSTATUS, { pid: vcpu + 1, registers: all, fpvalid: 0 });
  const head = encode(NOTE_HEADER, { namesz: 5, descsz: status.length, type: NT_PRSTATUS, name: NOTE_NAME });
  const whole = new Uint8Array(head.length + status.length);
  whole.set(head);
  whole.set(status, head.length);
  return whole;
}
