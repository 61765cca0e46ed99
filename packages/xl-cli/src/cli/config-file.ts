import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { encodeText, hostInfo, type LibxlDomainConfig } from '@xen-migration/libxl';
import {
  type HostFacts,
  parseXlConf,
  parseXlConfig,
  toDomainConfig,
  XlConfigError,
  type XlDefaults,
} from '../xl-cfg/index.js';
import type { Context } from './context.js';
import { EXIT, ExitError } from './exit.js';
import { systemText } from './format/system-error.js';

/** libxl's ERROR_FAIL as an exit code: what stock's create ends with where it can't read the file. */
const EXIT_UNREADABLE = 3;

/** How stock's save and migrate end where a file shall stand for the kept configuration and can't be read. */
export const OVERRIDE_UNREADABLE = { code: EXIT.failure, message: 'unable to read overridden config file\n' };

/** Stock's words where there is no kept configuration. */
export const NOT_RETRIEVED = 'unable to retrieve domain configuration';

/** What is set for every guest of the host; there need not be one. */
const XL_CONF = '/etc/xen/xl.conf';

export interface ReadConfigOptions {
  /** Settings after those of the file. */
  readonly settings?: readonly string[];
  /** Nothing will be made of it: no host is asked what it has, and only what stock says is said, without -v. */
  readonly dryRun?: boolean;
  /** Says, once the file has been read, that it is parsed. */
  readonly announce?: boolean;
  /** A domain is made of it: the affinity masks of xl.conf apply. */
  readonly applyCpuMasks?: boolean;
  /** How the command ends where the file can't be read; default: as stock's create. */
  readonly unreadable?: { readonly code: number; readonly message?: string };
}

/**
 * The configuration in a file in xl.cfg syntax. What there is to be said of it goes to stderr.
 *
 * @throws ExitError with stock's words where the file can't be read, or is no configuration
 */
export async function readConfigFile(
  context: Context,
  path: string,
  { settings = [], unreadable, ...options }: ReadConfigOptions = {},
): Promise<LibxlDomainConfig> {
  // /dev/null: everything stands on the command line.
  const text = path === '/dev/null' ? Buffer.alloc(0) : await readWhole(path, unreadable);
  const extra = settings.length === 0 ? '' : `\n${settings.map((setting) => `${setting}\n`).join('')}\n`;
  return parseConfigText(context, Buffer.concat([text, encodeText(extra)]), path, options);
}

/**
 * The same of text that is here already; messages call it `source`.
 *
 * @throws ExitError with stock's words
 */
export async function parseConfigText(
  context: Context,
  text: Buffer,
  source: string,
  { dryRun = false, announce = false, applyCpuMasks = false }: Omit<ReadConfigOptions, 'settings' | 'unreadable'> = {},
): Promise<LibxlDomainConfig> {
  const host = await hostFacts(context, dryRun);
  try {
    const defaults = await hostDefaults(context, host);
    if (announce) context.err(`Parsing config from ${source}\n`);
    const parsed = parseXlConfig(text, source);
    const extraWarnings = !dryRun || context.globals.verbosity > 0;
    const { config, messages } = toDomainConfig(parsed, { host, defaults, extraWarnings, applyCpuMasks });
    context.err(messages.join(''));
    return config;
  } catch (e) {
    if (!(e instanceof XlConfigError)) throw e;
    throw new ExitError(e.rc, e.messages.join(''));
  }
}

async function readWhole(path: string, unreadable: ReadConfigOptions['unreadable']): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (e) {
    const text = e instanceof Error ? systemText(e) : String(e);
    throw new ExitError(
      unreadable?.code ?? EXIT_UNREADABLE,
      unreadable?.message ?? `Failed to read config file: ${path}: ${text}\n`,
    );
  }
}

async function hostFacts(context: Context, dryRun: boolean): Promise<HostFacts> {
  const cpus = dryRun ? availableParallelism() : (await hostInfo(await context.host())).nrCpus;
  return { maxCpus: cpus, onlineCpus: cpus, nodes: [Array.from({ length: cpus }, (_, cpu) => cpu)] };
}

async function hostDefaults(context: Context, host: HostFacts): Promise<XlDefaults> {
  const text = await readFile(XL_CONF).catch(() => undefined);
  if (text === undefined) return {};
  const { defaults, messages } = parseXlConf(text, XL_CONF, host);
  context.err(messages.join(''));
  return defaults;
}
