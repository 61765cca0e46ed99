import {
  type ByteReader,
  type ByteSink,
  concatBytes,
  encodeXlHeader,
  LibxcWriter,
  LibxlWriter,
  readXlHeader,
  StreamError,
  XL_FLAG_STREAM_V2,
  XL_SPEC,
} from '@xen-migration/stream-format';
import { LegacyReader } from '../read/legacy-reader.js';
import { convertBody } from './body.js';
import { type Detected, detectLegacy } from './detect.js';
import { convertDeviceModel, copyDeviceModel } from './device-model.js';
import { type ExtendedInfo, readExtendedInfo } from './extended-info.js';
import { convertHvmTail } from './hvm-tail.js';
import type { ConversionOptions, ConversionReport } from './options.js';
import { convertP2mFrames } from './p2m-frames.js';
import { convertPvTail } from './pv-tail.js';

/** Versions of Xen in the header of a converted stream: none, and the version of the conversion. */
const XEN_MAJOR_CONVERTED = 0;
const XEN_MINOR_CONVERTED = 1;

/**
 * Reads a legacy stream (Xen 4.5 and older) and writes the same guest as a migration v2 stream. Reads nothing past its
 * end, holds one batch of pages at most (4 MiB), and goes no faster than the sink takes.
 *
 *     p2m size | PV: extended info, p2m frames | body: chunks | tail | HVM: device model
 *
 * @throws StreamError with layer `legacy`: UNSUPPORTED for what the old format has and the new one can't, TRUNCATED,
 *   BAD_VALUE, BAD_LENGTH where the stream is damaged. What the sink got by then is not a whole stream
 */
export async function convertLegacyStream(
  reader: ByteReader,
  sink: ByteSink,
  options: ConversionOptions = {},
): Promise<ConversionReport> {
  const start = reader.offset;
  if (options.xlHeader === true) await convertXlHeader(reader, sink, options);
  const detected = await detectLegacy(reader, options);
  const doubt = await doubtAbout(reader, detected);
  const { width, guestType } = detected;
  try {
    const result = await new Conversion(new LegacyReader(reader, width), detected, sink, options).run();
    return { width, guestType, detected: detected.why, ...result, bytesRead: reader.offset - start };
  } catch (error) {
    if (error instanceof StreamError && error.layer === 'legacy' && doubt !== undefined) error.message += ` (${doubt})`;
    throw error;
  }
}

/** Wrong options show as damage anywhere in the stream: an error then says what the stream begins as. */
async function doubtAbout(reader: ByteReader, { width, guestType }: Detected): Promise<string | undefined> {
  const seen = await detectLegacy(reader).catch(() => undefined);
  if (seen === undefined || (seen.width === width && seen.guestType === guestType)) return undefined;
  return `it begins as the stream of a ${seen.width}-bit toolstack and ${seen.guestType === 'pv' ? 'a PV' : 'an HVM'} guest`;
}

type Findings = Pick<ConversionReport, 'guestWidth' | 'p2mSize' | 'pages' | 'vcpus' | 'lastCheckpoint'>;

class Conversion {
  private readonly libxl: LibxlWriter | undefined;
  private readonly libxc: LibxcWriter;

  constructor(
    private readonly legacy: LegacyReader,
    private readonly detected: Detected,
    private readonly sink: ByteSink,
    private readonly options: ConversionOptions,
  ) {
    this.libxl = options.format === 'libxl' ? new LibxlWriter(sink) : undefined;
    this.libxc = new LibxcWriter(sink);
  }

  async run(): Promise<Findings> {
    const { legacy, libxl, libxc, detected } = this;
    const { trace } = this.options;
    const { guestType } = detected;
    legacy.enterPart('p2m size');
    const p2mSize = await legacy.ulong();
    trace?.(`${detected.width}-bit toolstack, ${guestType.toUpperCase()} guest, p2m of ${p2mSize} pages`);
    await this.headers();
    const info = guestType === 'pv' ? await this.pvHead(p2mSize) : await this.hvmHead();
    const keepToolstack = libxl !== undefined;
    const body = await convertBody({ legacy, libxc, guestType, p2mSize, keepToolstack, trace });
    if (info === undefined) await convertHvmTail(legacy, libxc, trace);
    else await convertPvTail(legacy, info, body.vcpus, libxc, trace);
    await libxc.record({ type: 'END' });
    if (libxl !== undefined && body.emulatorXenstore.length > 0) {
      const data = concatBytes(body.emulatorXenstore);
      await libxl.record({ type: 'EMULATOR_XENSTORE_DATA', emulatorId: 0, index: 0, data });
    }
    if (guestType === 'hvm') await this.deviceModel();
    await libxl?.record({ type: 'END' });
    const { pages, vcpus, lastCheckpoint } = body;
    return { ...(info === undefined ? {} : { guestWidth: info.guestWidth }), p2mSize, pages, vcpus, lastCheckpoint };
  }

  private async headers(): Promise<void> {
    await this.libxl?.headers({ endian: 'little', legacy: true });
    await this.libxl?.record({ type: 'LIBXC_CONTEXT' });
    await this.libxc.headers({
      version: 3,
      endian: 'little',
      guestType: this.detected.guestType,
      pageShift: 12,
      xenMajor: XEN_MAJOR_CONVERTED,
      xenMinor: XEN_MINOR_CONVERTED,
    });
  }

  private async pvHead(p2mSize: number): Promise<ExtendedInfo> {
    const { legacy, libxc } = this;
    const { trace } = this.options;
    const info = await readExtendedInfo(legacy, trace);
    await libxc.record({ type: 'X86_PV_INFO', guestWidth: info.guestWidth, ptLevels: info.ptLevels });
    await libxc.record({ type: 'STATIC_DATA_END' });
    await convertP2mFrames(legacy, p2mSize, info.guestWidth, libxc, trace);
    return info;
  }

  private async hvmHead(): Promise<undefined> {
    await this.libxc.record({ type: 'STATIC_DATA_END' });
  }

  private async deviceModel(): Promise<void> {
    const { legacy, libxl, sink, options } = this;
    if (libxl !== undefined) await convertDeviceModel(legacy, libxl, options.trace);
    else if (options.skipQemu !== true) await copyDeviceModel(legacy, sink, options.trace);
  }
}

async function convertXlHeader(
  reader: ByteReader,
  sink: ByteSink,
  { format, trace }: ConversionOptions,
): Promise<void> {
  const offset = reader.offset;
  const header = await readXlHeader(reader);
  if ((header.mandatoryFlags & XL_FLAG_STREAM_V2) !== 0) {
    const message = 'the file holds a stream of version 2: nothing is to be converted';
    throw new StreamError(message, { code: 'BAD_VALUE', rule: 'other-format', layer: 'xl', spec: XL_SPEC, offset });
  }
  trace?.(`xl header with ${header.optionalData.length} bytes of optional data`);
  const added = format === 'libxl' ? XL_FLAG_STREAM_V2 : 0;
  await sink.writev([encodeXlHeader({ ...header, mandatoryFlags: header.mandatoryFlags | added })]);
}
