/** The last bytes of an endless text. */
export class Backlog {
  private readonly ring: Uint8Array;
  private written = 0;

  constructor(size: number) {
    this.ring = new Uint8Array(size);
  }

  add(bytes: Uint8Array): void {
    const kept = bytes.subarray(Math.max(0, bytes.length - this.ring.length));
    const start = (this.written + bytes.length - kept.length) % this.ring.length;
    const first = Math.min(kept.length, this.ring.length - start);
    this.ring.set(kept.subarray(0, first), start);
    this.ring.set(kept.subarray(first), 0);
    this.written += bytes.length;
  }

  /** A copy, oldest first. */
  contents(): Uint8Array {
    if (this.written <= this.ring.length) return this.ring.slice(0, this.written);
    const at = this.written % this.ring.length;
    return Buffer.concat([this.ring.subarray(at), this.ring.subarray(0, at)]);
  }
}
