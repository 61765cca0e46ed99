import { PAGE_MATCHES } from './isa.js';

/**
 * What the pages of a selfcheck guest hold. Every word of a page depends on the page and on its generation, so that a
 * lost write (an old generation), a torn one (two generations in a page) and a misplaced page all show.
 *
 * Words 0 and 1 are the page number and the generation in clear, for whoever looks at a dump; the others are a hash of
 * both and of their index.
 */
const WORDS = 1024;

function mix(a: number, b: number): number {
  let x = Math.imul(a ^ 0x9e37_79b9, 0x85eb_ca6b) ^ Math.imul(b + 0x7f4a_7c15, 0xc2b2_ae35);
  x = Math.imul(x ^ (x >>> 16), 0x45d9_f3b5);
  return x ^ (x >>> 13);
}

/** @param page number of the page in its address space; @param words 1024 words */
export function fillPage(words: Uint32Array, page: number, generation: number): void {
  const base = mix(page, generation);
  const salt = mix(generation, page);
  words[0] = page;
  words[1] = generation;
  for (let i = 2; i < WORDS; i++) words[i] = Math.imul(base + i, 0x9e37_79b1) ^ salt;
}

/** The index of the first word that is not as fillPage would have it, or PAGE_MATCHES. */
export function checkPage(words: Uint32Array, page: number, generation: number): number {
  const base = mix(page, generation);
  const salt = mix(generation, page);
  if (words[0] !== page >>> 0) return 0;
  if (words[1] !== generation >>> 0) return 1;
  for (let i = 2; i < WORDS; i++) if ((words[i]! | 0) !== (Math.imul(base + i, 0x9e37_79b1) ^ salt)) return i;
  return PAGE_MATCHES;
}

/** The word that a page should hold at an index. */
export function expectedWord(page: number, generation: number, index: number): number {
  if (index === 0) return page >>> 0;
  if (index === 1) return generation >>> 0;
  return (Math.imul(mix(page, generation) + index, 0x9e37_79b1) ^ mix(generation, page)) >>> 0;
}
