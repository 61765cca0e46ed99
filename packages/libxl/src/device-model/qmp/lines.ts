/** The longest message that is taken, in bytes (libxl has the same limit). */
export const MESSAGE_LIMIT = 1024 * 1024;

const NEWLINE = 0x0a;

/** Splits the bytes of a QMP connection into messages, which QEMU ends with CR LF. Holds one message at most. */
export class MessageSplitter {
  private parts: Uint8Array[] = [];
  private held = 0;

  /** @throws RangeError where a message is longer than the limit */
  push(bytes: Uint8Array): string[] {
    const messages: string[] = [];
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      const text = this.taken(bytes.subarray(start, end));
      if (text !== '') messages.push(text);
      start = end + 1;
    }
    this.hold(bytes.subarray(start));
    return messages;
  }

  private taken(last: Uint8Array): string {
    this.hold(last);
    const text = Buffer.concat(this.parts, this.held).toString('utf8').trim();
    this.parts = [];
    this.held = 0;
    return text;
  }

  private hold(bytes: Uint8Array): void {
    this.held += bytes.length;
    if (this.held > MESSAGE_LIMIT) throw new RangeError(`a message of more than ${MESSAGE_LIMIT} bytes`);
    // A copy: the socket uses its buffer again.
    if (bytes.length > 0) this.parts.push(bytes.slice());
  }
}
