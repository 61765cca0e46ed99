/**
 * The instruction set of the embedded CPU. Real guests run x86 code, which nothing here executes; the embedded host's
 * own guests are programs of these 16-byte instructions, kept in the guest's text pages and fetched through the guest's
 * page tables, with the real register slots of the vcpu context as registers.
 *
 * An instruction: byte 0 opcode, bytes 1..3 registers a, b, c, bytes 4..7 a signed displacement, bytes 8..15 an unsigned
 * immediate. All little-endian. Registers hold 64 bits; arithmetic is that of unsigned integers below 2^53 and faults
 * outside of it (OVERFLOW), so that no address is ever rounded.
 */
export const INSTRUCTION_SIZE = 16;

/**
 * The first instruction of every text page: a no-op that reads as text. By it the host knows a page of embedded code
 * from x86 code.
 */
export const PAGE_SIGNATURE = 'XEN-EMBEDDED-01\0';

export const OP = {
  /** An all-zero page is no program. */
  UNDEFINED: 0x00,
  /** a := immediate */
  MOVI: 0x01,
  /** a := b */
  MOV: 0x02,
  /** a := b + c */
  ADD: 0x03,
  /** a := b - c */
  SUB: 0x04,
  /** a := b * c */
  MUL: 0x05,
  /** a := b mod c */
  REM: 0x06,
  /** a := b + displacement */
  ADDI: 0x07,
  /** a := u32 at [b + displacement] */
  LD32: 0x08,
  /** a := u64 at [b + displacement] */
  LD64: 0x09,
  /** u32 at [b + displacement] := a */
  ST32: 0x0a,
  /** u64 at [b + displacement] := a */
  ST64: 0x0b,
  /** Jumps are relative to their own address. */
  JMP: 0x0c,
  /** b == c */
  JEQ: 0x0d,
  /** b != c */
  JNE: 0x0e,
  /** b < c */
  JLT: 0x0f,
  /** b >= c */
  JGE: 0x10,
  /** a := the next number of a 32-bit xorshift sequence whose last is a */
  RANDOM: 0x11,
  /** The page at [b] := the content of generation c */
  PAGEFILL: 0x12,
  /** a := PAGE_MATCHES, or the index of the first word of the page at [b] that is not that of generation c */
  PAGECHECK: 0x13,
  /** A kernel service (services/), number in the displacement; its answer in rax */
  SERVICE: 0x14,
  /** Wait for an event, at most b milliseconds. */
  BLOCK: 0x15,
  /** Shutdown of the domain for reason b. Answers in rax, as SCHEDOP_shutdown: 0, or 1 when a suspend was cancelled. */
  SHUTDOWN: 0x16,
  /** a := address of this instruction + displacement */
  LEA: 0x17,
  /** The page signature's first byte, 'X'. */
  SIGNATURE: 0x58,
} as const;

export const PAGE_MATCHES = 0xffff_ffff;

/** Register numbers, in x86's own encoding. */
export const REG = {
  rax: 0,
  rcx: 1,
  rdx: 2,
  rbx: 3,
  rsp: 4,
  rbp: 5,
  rsi: 6,
  rdi: 7,
  r8: 8,
  r9: 9,
  r10: 10,
  r11: 11,
  r12: 12,
  r13: 13,
  r14: 14,
  r15: 15,
} as const;

export type Register = (typeof REG)[keyof typeof REG];
