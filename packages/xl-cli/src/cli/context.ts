import type { Host } from '@xen-migration/libxl';
import { EXIT, ExitError } from './exit.js';

/** Options before the command's name. */
export interface GlobalOptions {
  /** How often -v was given. */
  readonly verbosity: number;
  /** -N */
  readonly dryRun: boolean;
  /** -f */
  readonly force: boolean;
  /** -t: progress with carriage returns, although stderr is no terminal. */
  readonly carriageReturn: boolean;
  /** -T */
  readonly timestamps: boolean;
}

/** What every command works with. */
export interface Context {
  readonly globals: GlobalOptions;
  /** Aborted by the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
  readonly stderrIsTerminal: boolean;
  /** Of the terminal that stderr is. */
  columns(): number;
  /** Whether text on stderr may be coloured: it is a terminal, and NO_COLOR is not set. */
  readonly colours: boolean;
  /** The host, connected to when it is first asked for. */
  host(): Promise<Host>;
  out(text: string): void;
  err(text: string): void;
}

/** The domid that a person means. @throws ExitError with stock's words where no domain has that name */
export async function requireDomain(context: Context, qualifier: string): Promise<number> {
  const { findDomain, isLibxlError } = await import('@xen-migration/libxl');
  try {
    return await findDomain(await context.host(), qualifier);
  } catch (e) {
    if (!isLibxlError(e, 'ERROR_INVAL')) throw e;
    throw new ExitError(EXIT.failure, `${qualifier} is an invalid domain identifier (rc=${e.rc})\n`);
  }
}

/** The same, for commands that need the domain to be there. */
export async function requireExistingDomain(context: Context, qualifier: string): Promise<number> {
  const { domainSummary, isLibxlError } = await import('@xen-migration/libxl');
  const domid = await requireDomain(context, qualifier);
  try {
    await domainSummary(await context.host(), domid);
    return domid;
  } catch (e) {
    if (!isLibxlError(e, 'ERROR_DOMAIN_NOTFOUND')) throw e;
    throw new ExitError(EXIT.failure, `Error: Domain '${qualifier}' does not exist.\n`);
  }
}

export function printJson(context: Context, value: unknown): void {
  context.out(`${JSON.stringify(value, (_key, v: unknown) => (typeof v === 'bigint' ? v.toString() : v), 2)}\n`);
}
