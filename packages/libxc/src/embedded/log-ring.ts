const LIMIT = 64 * 1024;

/** The hypervisor's messages: the last 64 KiB. */
export class LogRing {
  private lines: string[] = [];
  private length = 0;

  constructor(private readonly started = performance.now()) {}

  add(text: string): void {
    const seconds = ((performance.now() - this.started) / 1000).toFixed(3);
    const line = `(XEN) [${seconds.padStart(11)}] ${text}\n`;
    this.lines.push(line);
    this.length += line.length;
    while (this.length > LIMIT) this.length -= this.lines.shift()?.length ?? 0;
  }

  contents(): string {
    return this.lines.join('');
  }
}
