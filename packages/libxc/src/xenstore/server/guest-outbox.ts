/** Messages on their way to a guest, which takes them out of its ring in pieces and when it likes. */
export class GuestOutbox {
  private readonly messages: { readonly bytes: Uint8Array; readonly key: string | undefined }[] = [];
  /** Events that wait, by their bytes: one that happens again before the guest was told is told once. */
  private readonly events = new Set<string>();
  /** Bytes of the first message that are gone. */
  private gone = 0;
  /** Bytes that wait. */
  size = 0;

  add(bytes: Uint8Array, event: boolean): void {
    const key = event ? Buffer.from(bytes).toString('latin1') : undefined;
    if (key !== undefined) {
      if (this.events.has(key)) return;
      this.events.add(key);
    }
    this.messages.push({ bytes, key });
    this.size += bytes.length;
  }

  get eventCount(): number {
    return this.events.size;
  }

  /** @param put takes what there is room for, and says how much that was. @returns whether anything went */
  drain(put: (bytes: Uint8Array) => number): boolean {
    const before = this.size;
    while (this.messages.length > 0) {
      const { bytes, key } = this.messages[0]!;
      const taken = put(bytes.subarray(this.gone));
      // From its first byte on it tells of what was: what happens now is another event.
      if (taken > 0 && key !== undefined) this.events.delete(key);
      this.gone += taken;
      this.size -= taken;
      if (this.gone < bytes.length) break;
      this.messages.shift();
      this.gone = 0;
    }
    return this.size < before;
  }

  clear(): void {
    this.messages.length = 0;
    this.events.clear();
    this.gone = 0;
    this.size = 0;
  }
}
