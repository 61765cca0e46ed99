import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type Command, isLibxlError, type Reach, type ReceiverRequest, reachTarget } from '@xen-migration/libxl';
import type { Context } from '../context.js';
import { EXIT, ExitError } from '../exit.js';
import { TLS_DIRECTORY } from './target-options.js';

export interface TargetWords {
  readonly sshCommand: string | undefined;
  readonly tls?: boolean;
  readonly tlsDir?: string | undefined;
}

/** How the options say that a host is reached. @throws ExitError for what can be no host */
export function reachOf(host: string, { sshCommand, tls = false, tlsDir }: TargetWords): Reach {
  try {
    return reachTarget({
      host,
      xl: OWN_XL,
      ...(sshCommand === undefined ? {} : { sshCommand }),
      ...(tls ? { tlsDirectory: tlsDir ?? TLS_DIRECTORY } : {}),
    });
  } catch (e) {
    if (!isLibxlError(e)) throw e;
    throw new ExitError(tls ? EXIT.usage : EXIT.failure, `xl: ${e.message}\n`);
  }
}

/** What the global options mean for the receiver at a target. */
export function receiverManner({ globals, stderrIsTerminal }: Context): ReceiverRequest {
  const { verbosity, carriageReturn, timestamps } = globals;
  return { verbosity, timestamps, carriageReturn: carriageReturn || stderrIsTerminal };
}

/** The xl of this installation, without a shell. */
export const OWN_XL: Command = { command: process.execPath, args: [xlEntry()] };

function xlEntry(): string {
  const root = dirname(createRequire(import.meta.url).resolve('@xen-migration/xl-cli/package.json'));
  return join(root, 'bin', 'xl.js');
}
