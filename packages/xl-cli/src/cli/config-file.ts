import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { encodeText, type LibxlDomainConfig } from '@xen-migration/libxl';
import { type HostFacts, parseXlConfig, toDomainConfig, XlConfigError } from '../xl-cfg/index.js';
import type { Context } from './context.js';
import { ExitError } from './exit.js';
import { systemText } from './format/system-error.js';

/** libxl's ERROR_FAIL as an exit code: what stock's create ends with where it can't read the file. */
const EXIT_UNREADABLE = 3;

export interface ReadConfigOptions {
  /** Settings after those of the file. */
  readonly settings?: readonly string[];
  /** Nothing will be made of it: no host is asked what it has, and only what stock says is said, without -v. */
  readonly dryRun?: boolean;
}

/**
 * The configuration in a file in xl.cfg syntax. What there is to be said of it goes to stderr.
 *
 * @throws ExitError with stock's words where the file can't be read, or is no configuration
 */
export async function readConfigFile(
  context: Context,
  path: string,
  { settings = [], dryRun = false }: ReadConfigOptions = {},
): Promise<LibxlDomainConfig> {
  const text = path === '/dev/null' ? Buffer.alloc(0) : await readWhole(path);
  const extra = settings.length === 0 ? '' : `\n${settings.map((setting) => `${setting}\n`).join('')}\n`;
  try {
    const parsed = parseXlConfig(Buffer.concat([text, encodeText(extra)]), path);
    const host = await hostFacts(context, dryRun);
    const warnUnknownKeys = !dryRun || context.globals.verbosity > 0;
    const { config, messages } = toDomainConfig(parsed, { host, warnUnknownKeys });
    context.err(messages.join(''));
    return config;
  } catch (e) {
    if (!(e instanceof XlConfigError)) throw e;
    throw new ExitError(e.rc, e.messages.join(''));
  }
}

async function readWhole(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (e) {
    const text = e instanceof Error ? systemText(e) : String(e);
    throw new ExitError(EXIT_UNREADABLE, `Failed to read config file: ${path}: ${text}\n`);
  }
}

async function hostFacts(context: Context, dryRun: boolean): Promise<HostFacts> {
  const cpus = dryRun ? availableParallelism() : (await (await context.host()).hypervisor.info()).nrCpus;
  return { maxCpus: cpus, onlineCpus: cpus, nodes: [Array.from({ length: cpus }, (_, cpu) => cpu)] };
}
