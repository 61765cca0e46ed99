import type { HvmParam, LibxcWriter } from '@xen-migration/stream-format';
import { CHUNK, CHUNK_MIN, type ChunkName, chunkName, hvmParamOf } from '../layout/chunks.js';
import { HVM_PARAM_CHUNK, TSC_INFO_CHUNK } from '../layout/layouts.js';
import type { LegacyReader } from '../read/legacy-reader.js';
import type { GuestType, Trace } from './options.js';
import { PageBatches } from './page-batch.js';
import { readToolstack, TOOLSTACK_MAX } from './toolstack.js';
import { ONLY_FIRST_VCPU, readVcpuMap } from './vcpu-map.js';

export interface Body {
  readonly vcpus: readonly number[];
  /** Keys and values for the device model, each ended by a NUL. */
  readonly emulatorXenstore: readonly Uint8Array[];
  readonly pages: number;
  readonly lastCheckpoint: boolean;
}

export interface BodyTask {
  readonly legacy: LegacyReader;
  readonly libxc: LibxcWriter;
  readonly guestType: GuestType;
  readonly p2mSize: number;
  /** Whether the toolstack's data are wanted: a libxc stream has no place for them. */
  readonly keepToolstack: boolean;
  readonly trace: Trace;
}

/** There are some forty parameters, eleven of them with chunks. */
const HVM_PARAMS_MAX = 1024;

/** What makes a chunk impossible to convert; these can't be passed over, as their lengths aren't known or matter. */
const UNCONVERTIBLE: Partial<Record<ChunkName, string>> = {
  tmem: 'transcendent memory has no place in a v2 stream',
  tmem_extra: 'transcendent memory has no place in a v2 stream',
  compressed_data: 'pages that Remus compressed are differences to a checkpoint that only the backup host had',
  enable_compression: 'what follows is compressed by Remus: differences to a checkpoint that only the backup host had',
};

/**
 * The body: chunks in any number, then the chunk 0.
 *
 *     (batch of pages | vcpu_info | tsc_info | toolstack | HVM parameter | mark)* 0
 */
export function convertBody(task: BodyTask): Promise<Body> {
  return new BodyConversion(task).run();
}

class BodyConversion {
  private readonly batches: PageBatches;
  private readonly params: HvmParam[] = [];
  private readonly xenstore: Uint8Array[] = [];
  private xenstoreSize = 0;
  private vcpus = ONLY_FIRST_VCPU;
  private lastCheckpoint = false;
  private hasTsc = false;

  constructor(private readonly task: BodyTask) {
    this.batches = new PageBatches(task.legacy, task.p2mSize, task.libxc, task.trace);
  }

  async run(): Promise<Body> {
    const { legacy, libxc, trace } = this.task;
    legacy.enterPart('body');
    for (;;) {
      const at = legacy.offset;
      const marker = await legacy.i32();
      if (marker > 0) {
        legacy.enterChunk(marker, 'pages');
        await this.batches.convert(marker);
        continue;
      }
      const name = chunkName(marker);
      legacy.enterChunk(marker, name ?? String(marker));
      if (name === undefined) {
        const message = `chunk ${marker} is not known: the numbers go from ${CHUNK_MIN} up`;
        throw legacy.fault('BAD_VALUE', 'chunk-type', message, at);
      }
      trace?.(`${at}: ${name}`);
      if (marker === CHUNK.end) break;
      await this.chunk(name, at);
    }
    if (this.params.length > 0) await libxc.record({ type: 'HVM_PARAMS', params: this.params });
    const { vcpus, xenstore, lastCheckpoint } = this;
    return { vcpus, emulatorXenstore: xenstore, pages: this.batches.pages, lastCheckpoint };
  }

  private async chunk(name: ChunkName, at: number): Promise<void> {
    const { legacy, trace } = this.task;
    const param = hvmParamOf(name);
    if (param !== undefined) return this.hvmParam(param, at);
    switch (name) {
      case 'vcpu_info':
        this.vcpus = await readVcpuMap(legacy);
        return trace?.(`  online vcpus: ${this.vcpus.join(' ')}`);
      case 'tsc_info':
        return this.tscInfo(at);
      case 'toolstack':
        return this.toolstack();
      case 'last_checkpoint':
        this.lastCheckpoint = true;
        return;
      case 'enable_verify_mode':
        // The pages that follow are sent once more, for a comparison; restored again they change nothing.
        return;
      default:
        throw legacy.fault('UNSUPPORTED', `chunk-${name}`, UNCONVERTIBLE[name] ?? 'it cannot be converted', at);
    }
  }

  private async hvmParam(index: number, at: number): Promise<void> {
    const { legacy, guestType, trace } = this.task;
    if (guestType === 'pv') throw legacy.fault('BAD_VALUE', 'hvm-chunk', 'a PV guest has no HVM parameters', at);
    const { value } = HVM_PARAM_CHUNK.read(await legacy.bytes(HVM_PARAM_CHUNK.size), true);
    trace?.(`  HVM parameter ${index}: 0x${value.toString(16)}`);
    if (this.params.length === HVM_PARAMS_MAX) {
      throw legacy.fault('BAD_LENGTH', 'hvm-params-max', `more than ${HVM_PARAMS_MAX} HVM parameters`, at);
    }
    this.params.push({ index, value });
  }

  private async tscInfo(at: number): Promise<void> {
    const { legacy, libxc, trace } = this.task;
    // A stream of version 2 has one; which of the two a restorer would take is not said anywhere.
    if (this.hasTsc) throw legacy.fault('BAD_VALUE', 'tsc-info-twice', 'a second tsc_info', at);
    this.hasTsc = true;
    const tsc = TSC_INFO_CHUNK.read(await legacy.bytes(TSC_INFO_CHUNK.size), true);
    trace?.(`  mode ${tsc.mode}, ${tsc.nsec} ns, ${tsc.khz} kHz, incarnation ${tsc.incarnation}`);
    await libxc.record({ type: 'X86_TSC_INFO', ...tsc });
  }

  private async toolstack(): Promise<void> {
    const { legacy, keepToolstack, trace } = this.task;
    const lengthAt = legacy.offset;
    const length = await legacy.u32();
    trace?.(`  ${length} bytes${keepToolstack ? '' : ', which a libxc stream has no place for'}`);
    if (!keepToolstack) return legacy.skip(length);
    if (length === 0) return;
    if (length > TOOLSTACK_MAX) {
      const message = `${length} bytes, at most ${TOOLSTACK_MAX} are accepted`;
      throw legacy.fault('BAD_LENGTH', 'toolstack-max', message, lengthAt);
    }
    const at = legacy.offset;
    for (const entry of readToolstack(await legacy.bytes(length), at, legacy.width, trace)) {
      this.xenstore.push(entry);
      this.xenstoreSize += entry.length;
    }
    if (this.xenstoreSize > TOOLSTACK_MAX) {
      const message = `${this.xenstoreSize} bytes for xenstore in all, at most ${TOOLSTACK_MAX} are accepted`;
      throw legacy.fault('BAD_LENGTH', 'toolstack-max', message, lengthAt);
    }
  }
}
