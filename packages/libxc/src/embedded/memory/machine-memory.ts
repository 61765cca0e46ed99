import { closeSync, openSync, read, readSync, write, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import { PAGE_SIZE } from '../../hypervisor/frames.js';
import { libc } from '../../native/libc.js';
import { isAt } from '../is-at.js';
import { WINDOW_FRAMES, WINDOW_SHIFT } from './layout.js';

const readAsync = promisify(read);
const writeAsync = promisify(write);
/** What is smaller is copied in less time than a turn of the thread pool takes. */
const WORTH_A_THREAD = 32 * PAGE_SIZE;

/**
 * The machine's memory as one process sees it: a sparse file, frame n at n * 4096, mapped a window of 1 GiB at a time,
 * when it is first touched. Windows stay mapped as long as the process lives: views of guest memory must never dangle.
 */
export class MachineMemory {
  private readonly windows: ArrayBuffer[] = [];
  private closed = false;

  private constructor(
    private readonly fd: number,
    /** One more than the highest mfn. */
    readonly span: number,
  ) {}

  /** @param path an existing file of at least `span` frames, rounded up to whole windows */
  static open(path: string, span: number): MachineMemory {
    return new MachineMemory(openSync(path, 'r+'), span);
  }

  /** 4096 live bytes. @throws RangeError when the machine has no such frame */
  frame(mfn: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.window(mfn), (mfn % WINDOW_FRAMES) * PAGE_SIZE, PAGE_SIZE);
  }

  /** The frame as 32-bit words. */
  words(mfn: number): Uint32Array<ArrayBuffer> {
    return new Uint32Array(this.window(mfn), (mfn % WINDOW_FRAMES) * PAGE_SIZE, PAGE_SIZE / 4);
  }

  /** `count` frames side by side, all in one window. */
  stretch(mfn: number, count: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.window(mfn), (mfn % WINDOW_FRAMES) * PAGE_SIZE, count * PAGE_SIZE);
  }

  /** Copies frames side by side through the file: a process that maps them has a page fault for every few of them. */
  async read(mfn: number, into: Uint8Array): Promise<void> {
    for (let at = 0; at < into.length; ) {
      const left = into.length - at;
      const from = mfn * PAGE_SIZE + at;
      const got =
        left < WORTH_A_THREAD
          ? readSync(this.fd, into, at, left, from)
          : (await readAsync(this.fd, into, at, left, from)).bytesRead;
      if (got === 0) throw new RangeError(`the machine has no frame ${mfn + Math.floor(at / PAGE_SIZE)}`);
      at += got;
    }
  }

  /**
   * Fills frames side by side through the file. The first time that a frame is touched this costs half of what it costs
   * through the mapping: it is neither cleared before nor mapped.
   */
  async write(mfn: number, contents: Uint8Array): Promise<void> {
    for (let at = 0; at < contents.length; ) {
      const left = contents.length - at;
      const to = mfn * PAGE_SIZE + at;
      if (left < WORTH_A_THREAD) at += writeSync(this.fd, contents, at, left, to);
      else at += (await writeAsync(this.fd, contents, at, left, to)).bytesWritten;
    }
  }

  /** Gives the frames' memory back to the system. They read as zeroes afterwards. */
  discard(mfn: number, count: number): void {
    if (libc().punchHole(this.fd, mfn * PAGE_SIZE, count * PAGE_SIZE)) return;
    for (let done = 0; done < count; ) {
      const part = Math.min(count - done, WINDOW_FRAMES - ((mfn + done) % WINDOW_FRAMES));
      this.stretch(mfn + done, part).fill(0);
      done += part;
    }
  }

  /** Whether the file still has this name. */
  isAt(path: string): boolean {
    return !this.closed && isAt(this.fd, path);
  }

  /** Closes the file. What is mapped stays mapped; nothing more can be. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    closeSync(this.fd);
  }

  private window(mfn: number): ArrayBuffer {
    const index = mfn >>> WINDOW_SHIFT;
    const mapped = this.windows[index];
    if (mapped !== undefined) return mapped;
    if (!(mfn >= 0 && mfn < this.span)) throw new RangeError(`the machine has no frame ${mfn}`);
    if (this.closed) throw new Error('the connection to the machine was closed');
    const bytes = WINDOW_FRAMES * PAGE_SIZE;
    const made = libc().mapShared(this.fd, index * bytes, bytes);
    this.windows[index] = made;
    return made;
  }
}
