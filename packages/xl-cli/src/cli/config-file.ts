import { readFile } from 'node:fs/promises';
import type { LibxlDomainConfig } from '@xen-migration/libxl';
import { readDomainConfig, XlConfigError } from '@xen-migration/libxl/xl-cfg';
import type { Context } from './context.js';
import { EXIT, ExitError } from './exit.js';
import { systemText } from './format/system-error.js';

/** libxl's ERROR_FAIL as an exit code: what stock's create ends with where it can't read the file. */
const EXIT_UNREADABLE = 3;

/** How stock's save and migrate end where a file shall stand for the kept configuration and can't be read. */
export const OVERRIDE_UNREADABLE = { code: EXIT.failure, message: 'unable to read overridden config file\n' };

/** Stock's words where there is no kept configuration. */
export const NOT_RETRIEVED = 'unable to retrieve domain configuration';

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
  { unreadable, ...options }: ReadConfigOptions = {},
): Promise<LibxlDomainConfig> {
  // /dev/null: everything stands on the command line.
  const text = path === '/dev/null' ? Buffer.alloc(0) : await readWhole(path, unreadable);
  return parseConfigText(context, text, path, options);
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
  {
    settings = [],
    dryRun = false,
    announce = false,
    applyCpuMasks = false,
  }: Omit<ReadConfigOptions, 'unreadable'> = {},
): Promise<LibxlDomainConfig> {
  try {
    return await readDomainConfig({
      text,
      source,
      settings,
      ...(dryRun ? {} : { host: await context.host() }),
      extraWarnings: !dryRun || context.globals.verbosity > 0,
      applyCpuMasks,
      onEvent(event) {
        if (event.kind === 'message') context.err(event.text);
        else if (announce) context.err(`Parsing config from ${source}\n`);
      },
    });
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
