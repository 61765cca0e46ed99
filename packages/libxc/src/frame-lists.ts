import type { FrameList } from './hypervisor/frames.js';

/** Those frames of the list that have these places in it. */
export function framesAt(frames: FrameList, places: ArrayLike<number>): FrameList {
  const some = new Float64Array(places.length);
  for (let i = 0; i < some.length; i++) some[i] = frames[places[i]!]!;
  return some;
}

/** Frame numbers one after the other, of which nobody knows how many there will be: as an array, not a box for each. */
export class FrameStack {
  private room = new Float64Array(512);
  private count = 0;

  push(frame: number): void {
    if (this.count === this.room.length) {
      const larger = new Float64Array(this.count * 2);
      larger.set(this.room);
      this.room = larger;
    }
    this.room[this.count++] = frame;
  }

  /** What was pushed, until the next push. */
  get frames(): FrameList {
    return this.room.subarray(0, this.count);
  }
}
