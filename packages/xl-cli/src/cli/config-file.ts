import { readFile } from 'node:fs/promises';
import type { LibxlDomainConfig } from '@xen-migration/libxl';
import { parseXlConfig, XlConfigError } from '../cfg/index.js';
import { EXIT, ExitError } from './command.js';
import type { Context } from './context.js';
import { systemText } from './format/system-error.js';

/** libxl's ERROR_FAIL as an exit code: what stock's create ends with where it can't read the file. */
const EXIT_UNREADABLE = 3;

/**
 * The configuration in a file in xl.cfg syntax, with `extra` settings after it. Warnings go to stderr.
 *
 * @throws ExitError with stock's words where the file can't be read, or is no configuration
 */
export async function readConfigFile(
  context: Context,
  path: string,
  extra: readonly string[] = [],
): Promise<LibxlDomainConfig> {
  const text = path === '/dev/null' ? '' : await readText(path);
  const whole = extra.length === 0 ? text : `${text}\n${extra.join('\n')}\n`;
  try {
    const { config, warnings } = parseXlConfig(whole, { source: path });
    for (const warning of warnings) context.err(`${warning}\n`);
    return config;
  } catch (e) {
    if (!(e instanceof XlConfigError)) throw e;
    throw new ExitError(EXIT.failure, `${e.message}\n`);
  }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (e) {
    const text = e instanceof Error ? systemText(e) : String(e);
    throw new ExitError(EXIT_UNREADABLE, `Failed to read config file: ${path}: ${text}\n`);
  }
}
