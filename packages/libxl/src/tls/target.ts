import { createRequire } from 'node:module';
import type { Command } from '../link/plan.js';

export interface TlsTarget {
  readonly host: string;
  readonly port: number;
  /** Where the credentials are (TLS_FILES). */
  readonly directory: string;
}

/** Where a receiver listens when nothing else is said: what Xen's own relocation used. */
export const TLS_PORT = 8002;

/** The process that runs a receiver at a target that is listened for (serveTls), to be used as ssh would be. */
export function tlsCommand(target: TlsTarget, args: readonly string[]): Command {
  const entry = createRequire(import.meta.url).resolve('@xen-migration/libxl/tls-client');
  return { command: process.execPath, args: [entry, JSON.stringify({ target, args })] };
}
