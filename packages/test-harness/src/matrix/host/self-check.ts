import type { Socket } from 'node:net';
import type { PackagesUnderTest } from '../packages.js';
import type { MatrixHost } from './matrix-host.js';

const PATIENCE_MS = 60_000;
/** A typed line may have met a guest that was just being moved: it is typed again. */
const TYPE_AGAIN_MS = 2_000;
const POLL_MS = 250;
const LOST = /LOST WRITE|PANIC|[1-9]\d* lost/;

/**
 * Asks a guest on its console how it is, twice: it must answer, have written in between, and have lost nothing.
 *
 * @returns how many writes it counts. @throws Error with what it said instead
 */
export async function selfCheck({ libxl }: PackagesUnderTest, host: MatrixHost, domid: number): Promise<number> {
  const socket = await libxl.openConsole(host.host, domid);
  try {
    const talk = new Conversation(socket);
    const first = await talk.ask('a');
    for (;;) {
      const again = await talk.ask('b');
      if (again > first) return again;
    }
  } finally {
    socket.destroy();
  }
}

class Conversation {
  private text = '';
  private asked = 0;
  private wake: () => void = () => {};
  private readonly end = Date.now() + PATIENCE_MS;

  constructor(private readonly socket: Socket) {
    socket.setEncoding('utf8');
    socket.on('data', (part: string) => {
      this.text += part;
      this.wake();
    });
    socket.on('error', () => {});
  }

  /** @returns its count of writes */
  async ask(letter: string): Promise<number> {
    const word = `${letter}${process.pid}-${++this.asked}`;
    const answer = new RegExp(`you typed '${word}'; (\\d+) writes, (\\d+) lost`);
    for (let typed = 0; ; ) {
      if (LOST.test(this.text)) throw new Error(`the guest lost a write: ${this.lastWords()}`);
      const writes = answer.exec(this.text)?.[1];
      if (writes !== undefined) return Number(writes);
      if (Date.now() > this.end) throw new Error(`the guest does not answer; it said last: ${this.lastWords()}`);
      if (this.socket.destroyed) throw new Error(`its console is gone; it said last: ${this.lastWords()}`);
      if (Date.now() > typed + TYPE_AGAIN_MS) {
        this.socket.write(`${word}\n`);
        typed = Date.now();
      }
      await this.something();
    }
  }

  /** It has said something, or some time is over. */
  private something(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, POLL_MS);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  private lastWords(): string {
    return this.text.trim().split('\n').slice(-5).join(' / ') || '(nothing)';
  }
}
