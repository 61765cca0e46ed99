import { BufferedSink, ByteReader, readXlHeader, StreamError } from '@xen-migration/stream-format';
import { fileSink } from '@xen-migration/stream-format/node';
import { convertLegacyStream } from '../convert/convert.js';
import { detectLegacy } from '../convert/detect.js';
import type { ConversionOptions, ConversionReport } from '../convert/options.js';
import { parseArguments, UsageError } from './arguments.js';
import { descriptorOf, FileError, type Input, openInput, openOutput } from './files.js';
import { helpText, USAGE } from './help.js';
import { type Log, systemLog, terminalLog } from './log.js';
import type { Values } from './options.js';

const NAME = 'convert-legacy-stream';
const OK = 0;
const FAILED = 1;
const UNCONVERTIBLE = 2;

/** Runs the command. Answers the exit code. */
export async function run(args: readonly string[], version: string): Promise<number> {
  let values: Values;
  try {
    values = parseArguments(args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${NAME}: ${error.message}\n${USAGE}\n`);
    return UNCONVERTIBLE;
  }
  if (values.help) return say(helpText());
  if (values.version) return say(`${NAME} ${version}\n`);
  const log = values.syslog ? systemLog() : terminalLog(descriptorOf(values.out ?? '') === 1 ? 2 : 1);
  try {
    return await work(values, log);
  } catch (error) {
    log.error(`${NAME}: ${sentence(error)}`);
    return error instanceof StreamError && error.code === 'UNSUPPORTED' ? UNCONVERTIBLE : FAILED;
  } finally {
    await log.close();
  }
}

function say(text: string): number {
  process.stdout.write(text);
  return OK;
}

async function work(values: Values, log: Log): Promise<number> {
  if (values.in === undefined || (values.out === undefined && !values.explain)) {
    log.error(helpText());
    return FAILED;
  }
  const input = openInput(values.in);
  const reader = new ByteReader(input.source);
  try {
    if (values.out === undefined) await explain(reader, values, log);
    else await convert(reader, input, values.out, values, log);
    return OK;
  } catch (error) {
    throw error instanceof StreamError || error instanceof FileError ? error : new FileError(values.in, error);
  } finally {
    await reader.close();
  }
}

async function explain(reader: ByteReader, values: Values, log: Log): Promise<void> {
  if (values.xl) await readXlHeader(reader);
  const { width, guestType, why } = await detectLegacy(reader, knownKind(values));
  log.info(`${width}-bit toolstack, ${guestType.toUpperCase()} guest`);
  for (const reason of why) log.info(`  ${reason}`);
}

async function convert(reader: ByteReader, input: Input, out: string, values: Values, log: Log): Promise<void> {
  const options: ConversionOptions = {
    ...knownKind(values),
    format: values.format ?? 'libxc',
    xlHeader: values.xl,
    skipQemu: values['skip-qemu'],
    ...(values.verbose ? { trace: (line: string) => log.info(line) } : {}),
  };
  const output = await openOutput(out);
  let report: ConversionReport;
  try {
    const sink = new BufferedSink(fileSink(output.fd));
    report = await convertLegacyStream(reader, sink, options);
    await sink.flush();
    await output.commit();
  } catch (error) {
    await output.abandon();
    throw error instanceof StreamError ? error : new FileError(out, error);
  }
  if (values.explain) for (const reason of report.detected) log.info(reason);
  if (values.verbose) log.info(summary(report));
  if (input.isFile && !(await reader.atEnd())) log.error(`${NAME}: ${leftOver(report)}`);
}

function knownKind(values: Values): Pick<ConversionOptions, 'width' | 'guestType'> {
  return {
    ...(values.width === undefined ? {} : { width: values.width === '32' ? 32 : 64 }),
    ...(values['guest-type'] === undefined ? {} : { guestType: values['guest-type'] }),
  };
}

function summary({ bytesRead, pages, vcpus, p2mSize }: ConversionReport): string {
  return `converted: ${bytesRead} bytes, ${pages} pages for ${p2mSize} pfns, vcpus ${vcpus.join(' ')}`;
}

function leftOver({ bytesRead, lastCheckpoint }: ConversionReport): string {
  const end = `warning: what comes after the stream's end, at offset ${bytesRead}, is left out`;
  return lastCheckpoint ? end : `${end}; without a mark of the last checkpoint these may be later ones (Remus)`;
}

function sentence(error: unknown): string {
  if (error instanceof StreamError) return `${error.message} (${error.spec})`;
  return error instanceof Error ? error.message : String(error);
}
