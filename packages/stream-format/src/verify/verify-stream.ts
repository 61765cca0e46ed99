import type { ByteReader } from '../bytes/byte-reader.js';
import { StreamError } from '../errors/stream-error.js';
import { detectFraming, type Framing } from '../stream/framing.js';
import { MIGRATION_MESSAGES, WIRE_SPEC } from '../wire/messages.js';
import { XL_FLAG_JSON, XL_FLAG_STREAM_V2, XL_SPEC } from '../xl/layouts.js';
import { readXlHeader } from '../xl/save-header.js';
import { EndOfVerification, Findings, type Problem } from './findings.js';
import { LibxcVerifier } from './libxc-verifier.js';
import { LibxlVerifier } from './libxl-verifier.js';

export interface VerifyOptions {
  /** The outermost layer, where it should not be detected. */
  readonly framing?: Framing;
  /** Ends at the first error. */
  readonly stopAtFirst?: boolean;
  /** How many errors, and how many warnings, are kept: 1000 if not said. */
  readonly limit?: number;
}

export interface VerifyStats {
  framing: Framing | undefined;
  /** Bytes that were looked at. */
  bytes: number;
  libxlRecords: number;
  libxcRecords: number;
  pages: number;
  /** Errors and warnings beyond the limit. */
  suppressed: number;
}

export interface VerifyReport {
  /** Errors, in the order of finding. None: the stream is valid. */
  problems: Problem[];
  warnings: Problem[];
  stats: VerifyStats;
}

/**
 * Checks the whole stream. What is wrong with it is in the report; only a failing source throws.
 *
 * Memory does not depend on the stream's size but for PV guests (see PageTables): about 1.3 MiB per GiB of guest.
 */
export async function verifyStream(reader: ByteReader, options: VerifyOptions = {}): Promise<VerifyReport> {
  const findings = new Findings({ stopAtFirst: options.stopAtFirst ?? false, limit: options.limit ?? 1000 });
  const verification = new Verification(reader, findings);
  const start = reader.offset;
  try {
    await verification.run(options.framing);
  } catch (error) {
    if (error instanceof StreamError) note(error, findings);
    else if (!(error instanceof EndOfVerification)) throw error;
  }
  const { problems, warnings, suppressed } = findings;
  return { problems, warnings, stats: { ...verification.stats(), bytes: reader.offset - start, suppressed } };
}

function note(error: StreamError, findings: Findings): void {
  const { layer, record, spec, offset, rule, detail: message } = error;
  try {
    findings.error({ layer, record, spec, offset, rule, message });
  } catch (end) {
    if (!(end instanceof EndOfVerification)) throw end;
  }
}

class Verification {
  private framing: Framing | undefined;
  private libxl: LibxlVerifier | undefined;
  private libxc: LibxcVerifier | undefined;

  constructor(
    private readonly reader: ByteReader,
    private readonly findings: Findings,
  ) {}

  async run(framing: Framing | undefined): Promise<void> {
    this.framing = framing ?? (await detectFraming(this.reader));
    if (this.framing === 'xl') await this.xlHeader();
    if (this.framing === 'libxc') {
      this.libxc = new LibxcVerifier(this.reader, this.findings);
      await this.libxc.readHeaders();
      while ((await this.libxc.run()) !== 'END');
    } else {
      this.libxl = new LibxlVerifier(this.reader, this.findings);
      this.libxc = this.libxl.libxc;
      await this.libxl.run();
    }
    await this.trailing();
  }

  stats(): Omit<VerifyStats, 'bytes' | 'suppressed'> {
    return {
      framing: this.framing,
      libxlRecords: this.libxl?.records ?? 0,
      libxcRecords: this.libxc?.stats.records ?? 0,
      pages: this.libxc?.stats.pages ?? 0,
    };
  }

  private async xlHeader(): Promise<void> {
    const start = this.reader.offset;
    const header = await readXlHeader(this.reader);
    const finding = (rule: string, message: string) =>
      this.findings.error({ layer: 'xl', spec: XL_SPEC, offset: start, rule, message });
    if ((header.mandatoryFlags & XL_FLAG_STREAM_V2) === 0) {
      finding('legacy', 'a legacy stream (Xen 4.5 and older) follows, which must be converted first');
      throw new EndOfVerification();
    }
    if (header.config === undefined) return;
    if (new TextEncoder().encode(header.config).length + 4 !== header.optionalData.length) {
      finding('config-length', 'the config does not fill the optional data');
    }
    if ((header.mandatoryFlags & XL_FLAG_JSON) !== 0 && !isJson(header.config)) {
      finding('config-json', 'the config is not the JSON that the flags promise');
    }
  }

  /** After the stream: nothing, or in a recorded migration the sender's permission to go. */
  private async trailing(): Promise<void> {
    const offset = this.reader.offset;
    const go = MIGRATION_MESSAGES.permissionToGo;
    const rest = await this.reader.peek(go.length + 1);
    if (rest.length === 0) return;
    const wrong = go.findIndex((byte, i) => byte !== rest[i]);
    if (wrong < 0 && rest.length === go.length) {
      this.reader.skipSync(go.length);
      return;
    }
    const at = wrong < 0 ? go.length : wrong;
    const rule = at === rest.length ? 'truncated' : 'trailing-data';
    const message =
      rule === 'truncated'
        ? "the sender's control message is cut off"
        : 'bytes after the end that are no control message';
    this.findings.error({ layer: 'wire', spec: WIRE_SPEC, offset: offset + at, rule, message });
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text.replace(/\0$/, ''));
    return true;
  } catch {
    return false;
  }
}
