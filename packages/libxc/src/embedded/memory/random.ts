/** A seeded stream of pseudo-random numbers (xorshift32): the same host id gives the same scramble. */
export class Random {
  private state: number;

  constructor(seed: number) {
    // Zero is the one state that xorshift never leaves.
    this.state =
      (Math.imul(seed ^ 0x5bd1_e995, 0x9e37_79b1) | 0) === 0 ? 1 : Math.imul(seed ^ 0x5bd1_e995, 0x9e37_79b1) | 0;
  }

  /** An integer in [0, below), below <= 2^32. */
  below(below: number): number {
    let s = this.state;
    s ^= s << 13;
    s ^= s >>> 17;
    s ^= s << 5;
    this.state = s;
    return Math.floor(((s >>> 0) / 2 ** 32) * below);
  }

  shuffle(list: Uint32Array): void {
    for (let i = list.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      const kept = list[i]!;
      list[i] = list[j]!;
      list[j] = kept;
    }
  }
}
