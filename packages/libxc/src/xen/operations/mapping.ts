import { errnoName, HypervisorError } from '../../hypervisor/errors.js';
import { type FrameList, PAGE_SIZE } from '../../hypervisor/frames.js';
import type { ForeignMapping } from '../../hypervisor/hypervisor.js';
import { RESOURCE_GRANT_TABLE } from '../abi/numbers.js';
import { writeFrames } from '../native/frame-lists.js';
import type { Hypercalls } from '../native/hypercalls.js';

const PROTECTION = { read: 1, write: 3 } as const;

/** Frames of a domain side by side in this process's memory. */
class XenForeignMapping implements ForeignMapping {
  private ended: Promise<void> | undefined;

  constructor(
    readonly count: number,
    readonly errors: Uint8Array,
    private readonly bytes: Uint8Array<ArrayBuffer>,
    private readonly release: () => Promise<void>,
  ) {}

  page(i: number): Uint8Array {
    this.checkMapped(i);
    return this.bytes.subarray(i * PAGE_SIZE, (i + 1) * PAGE_SIZE);
  }

  runs(from: number, to: number): Uint8Array[] {
    if (from >= to) return [];
    for (let i = from; i < to; i++) this.checkMapped(i);
    return [this.bytes.subarray(from * PAGE_SIZE, to * PAGE_SIZE)];
  }

  async read(from: number, to: number): Promise<readonly Uint8Array[]> {
    return this.runs(from, to);
  }

  async write(from: number, contents: Uint8Array): Promise<void> {
    const count = contents.length / PAGE_SIZE;
    for (let i = from; i < from + count; i++) this.checkMapped(i);
    this.bytes.set(contents, from * PAGE_SIZE);
  }

  unmap(): Promise<void> {
    // Node can't take memory back that it did not allocate: a view used from here on would end the process.
    this.ended ??= this.release();
    return this.ended;
  }

  private checkMapped(i: number): void {
    if (this.ended !== undefined) throw new Error('the mapping was unmapped');
    if (!(i >= 0 && i < this.count)) throw new RangeError(`frame ${i} of a mapping of ${this.count}`);
    if (this.errors[i] !== 0) throw new Error(`frame ${i} of the mapping failed with errno ${this.errors[i]}`);
  }
}

export async function mapForeign(
  xen: Hypercalls,
  domid: number,
  gfns: FrameList,
  access: 'read' | 'write',
): Promise<ForeignMapping> {
  const count = gfns.length;
  if (count === 0) throw new HypervisorError('EINVAL', 'mapForeign', domid, 'no frames');
  const { libraries, buffers } = xen;
  return buffers.with(count * 12, async ({ address, bytes }) => {
    const errorsAt = count * 8;
    writeFrames(bytes, gfns);
    bytes.fill(0, errorsAt, errorsAt + count * 4);
    const args = [domid, PROTECTION[access], count, address, address + BigInt(errorsAt)] as const;
    let mapped = await libraries.mapSlowly(...args);
    // Why it failed, only this thread can be told.
    if (mapped === 0n) mapped = libraries.map(...args);
    if (mapped === 0n) {
      throw new HypervisorError(errnoName(libraries.errno()), 'mapForeign', domid, `${count} frames can't be mapped`);
    }
    const raw = new Int32Array(bytes.buffer, bytes.byteOffset + errorsAt, count);
    const errors = new Uint8Array(count);
    for (let i = 0; i < count; i++) errors[i] = -raw[i]!;
    const view = libraries.view(mapped, count * PAGE_SIZE);
    return new XenForeignMapping(count, errors, view, async () => {
      if ((await libraries.unmapSlowly(mapped, count)) !== 0) throw new Error('a mapping could not be unmapped');
    });
  });
}

/** Its first frame. */
export async function mapGrantTable(xen: Hypercalls, domid: number): Promise<ForeignMapping> {
  const { libraries, buffers } = xen;
  return buffers.with(8, ({ address, view }) => {
    view.setBigUint64(0, 0n, true);
    const handle = libraries.mapResource(domid, RESOURCE_GRANT_TABLE, 0, 0, 1, address);
    if (handle === 0n) {
      const code = errnoName(libraries.errno());
      throw new HypervisorError(code, 'mapGrantTable', domid, "the grant table can't be mapped");
    }
    const bytes = libraries.view(view.getBigUint64(0, true), PAGE_SIZE);
    return new XenForeignMapping(1, new Uint8Array(1), bytes, async () => {
      libraries.unmapResource(handle);
    });
  });
}
