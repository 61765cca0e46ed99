import type { ByteReader } from '../bytes/byte-reader.js';
import type { StreamPlace } from '../errors/stream-error.js';
import { REC_LENGTH_MAX } from '../libxc/layouts.js';
import { OPTIONAL_RECORD } from '../libxc/record-types.js';
import { EMULATOR_XENSTORE_DATA, LIBXL_HEADER, LIBXL_RECORD_HEADER, libxlSpec } from '../libxl/layouts.js';
import { LIBXL_LAYOUT, type LibxlRecordName, libxlRecordName } from '../libxl/record-types.js';
import { checkXenstoreData } from './body-checks.js';
import { EndOfVerification, type Findings } from './findings.js';
import { LibxcVerifier } from './libxc-verifier.js';

const HEAD = LIBXL_RECORD_HEADER.size;
const EMPTY: ReadonlySet<LibxlRecordName> = new Set(['END', 'LIBXC_CONTEXT', 'CHECKPOINT_END']);

/** Verifies a libxl stream and the libxc stream in it. */
export class LibxlVerifier {
  readonly libxc: LibxcVerifier;
  records = 0;
  private littleEndian = true;
  private place: StreamPlace = { layer: 'libxl', spec: LIBXL_HEADER.spec };
  private recordAt = 0;
  private unknownBefore = false;
  /** How the libxc stream stands. */
  private context: 'none' | 'checkpoint' | 'ended' = 'none';

  constructor(
    private readonly reader: ByteReader,
    private readonly findings: Findings,
  ) {
    this.libxc = new LibxcVerifier(reader, findings);
  }

  async run(): Promise<void> {
    this.reader.place = this.place;
    const start = this.reader.offset;
    const header = await this.reader.read(LIBXL_HEADER.size);
    for (const { field, at, message } of LIBXL_HEADER.check(header, false)) {
      this.error(`header-${field}`, message, start + at);
    }
    this.littleEndian = (LIBXL_HEADER.read(header, false).options & 1) === 0;
    while ((await this.nextRecord()) !== 'END');
    if (this.context === 'none') this.error('missing-record', 'END without LIBXC_CONTEXT', this.recordAt);
    if (this.context === 'checkpoint') this.error('order', 'END inside of a checkpoint', this.recordAt);
  }

  private async nextRecord(): Promise<LibxlRecordName | undefined> {
    this.recordAt = this.reader.offset;
    this.place = this.reader.place = { layer: 'libxl', spec: LIBXL_RECORD_HEADER.spec };
    const { type, length } = LIBXL_RECORD_HEADER.read(await this.reader.read(HEAD), this.littleEndian);
    const name = libxlRecordName(type);
    const record = { index: this.records++, type, name: name ?? `0x${type.toString(16)}` };
    const spec = name === undefined ? libxlSpec('Record Overview') : LIBXL_LAYOUT[name].spec;
    this.place = this.reader.place = { layer: 'libxl', record, spec };
    if (length > REC_LENGTH_MAX) {
      this.error('record-length-max', `length ${length} is beyond ${REC_LENGTH_MAX}`, this.recordAt + 4);
      throw new EndOfVerification();
    }
    if (name === undefined) {
      await this.unknown(type, length);
      return undefined;
    }
    this.unknownBefore = false;
    const padded = await this.reader.read(length + (-length & 7));
    const wrong = padded.subarray(length).findIndex((byte) => byte !== 0);
    if (wrong >= 0) this.error('padding', 'padding that is not zero', this.recordAt + HEAD + length + wrong);
    this.body(name, padded.subarray(0, length));
    await this.enterLibxc(name);
    return name;
  }

  private async unknown(type: number, length: number): Promise<void> {
    const kind = type >= OPTIONAL_RECORD ? 'optional' : 'mandatory';
    this.error('unknown-record', `${kind} record of unknown type 0x${type.toString(16)}`, this.recordAt);
    if (this.unknownBefore) throw new EndOfVerification();
    this.unknownBefore = true;
    await this.reader.skip(length + (-length & 7));
  }

  private body(name: LibxlRecordName, body: Uint8Array): void {
    const layout = LIBXL_LAYOUT[name];
    const lengthAt = this.recordAt + 4;
    if (EMPTY.has(name)) {
      if (body.length > 0) this.error('record-length', `body of ${body.length} bytes, must be 0`, lengthAt);
      return;
    }
    if (body.length < layout.size || (name === 'CHECKPOINT_STATE' && body.length !== layout.size)) {
      this.error('record-length', `body of ${body.length} bytes, ${layout.size} wanted`, lengthAt);
      return;
    }
    for (const { field, at, message } of layout.check(body, this.littleEndian)) {
      this.error(`record-${field}`, message, this.recordAt + HEAD + at);
    }
    if (name !== 'EMULATOR_XENSTORE_DATA') return;
    const wrong = checkXenstoreData(body.subarray(EMULATOR_XENSTORE_DATA.size));
    if (wrong !== undefined) this.error('emulator-data', wrong, lengthAt);
  }

  private async enterLibxc(name: LibxlRecordName): Promise<void> {
    if (name === 'LIBXC_CONTEXT') {
      if (this.context !== 'none') this.error('duplicate-record', 'a second LIBXC_CONTEXT', this.recordAt);
      await this.libxc.readHeaders();
      this.context = (await this.libxc.run()) === 'END' ? 'ended' : 'checkpoint';
    } else if (name === 'CHECKPOINT_END') {
      if (this.context !== 'checkpoint') {
        this.error('order', 'CHECKPOINT_END outside of a checkpoint', this.recordAt);
        return;
      }
      this.context = (await this.libxc.run()) === 'END' ? 'ended' : 'checkpoint';
    } else if (name.startsWith('EMULATOR') && this.context === 'none') {
      this.error('order', `${name} before LIBXC_CONTEXT`, this.recordAt);
    }
  }

  private error(rule: string, message: string, offset: number): void {
    this.findings.error({ ...this.place, offset, rule, message });
  }
}
