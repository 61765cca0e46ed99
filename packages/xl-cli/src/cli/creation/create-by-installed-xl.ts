import { installedXl, runInstalledXl } from '@xen-migration/libxl';
import type { Context, GlobalOptions } from '../context.js';
import { EXIT, ExitError } from '../exit.js';

/**
 * Has Xen's own xl carry out `xl create` with the words that this one was given, on the same terminal, and says so.
 *
 * @returns its exit code
 * @throws ExitError where there is none
 */
export async function createByInstalledXl(
  context: Context,
  words: readonly string[],
  { quiet }: { readonly quiet: boolean },
): Promise<number> {
  const xl = installedXl();
  if (xl === undefined) {
    throw new ExitError(EXIT.failure, "xl: on a Xen host the guest is built by Xen's own xl, and none is installed\n");
  }
  if (!quiet) context.err(`xl: notice: Xen's own ${xl} builds the guest\n`);
  return runInstalledXl(xl, [...globalWords(context.globals), 'create', ...words], context.signal);
}

function globalWords({ verbosity, force, carriageReturn, timestamps }: GlobalOptions): string[] {
  return [
    ...Array.from({ length: verbosity }, () => '-v'),
    ...(force ? ['-f'] : []),
    ...(carriageReturn ? ['-t'] : []),
    ...(timestamps ? ['-T'] : []),
  ];
}
