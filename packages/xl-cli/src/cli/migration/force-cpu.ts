import { isLibxlError } from '@xen-migration/libxl';
import type { OptionSpec } from '../command.js';

export const FORCE_CPU_OPTION = {
  long: 'force-cpu',
  about: "Go on though the host's CPU lacks features that the domain's had: it loses them, and may crash of it.",
} as const satisfies OptionSpec;

/** A line on what can be done against an error, where it is the host's CPU that a domain was refused for; else empty. */
export function forceCpuHint(error: unknown): string {
  const cause = isLibxlError(error) ? error.details.cause : undefined;
  const refused = cause instanceof Error && 'code' in cause && cause.code === 'CPU_FEATURES';
  return refused ? 'xl: --force-cpu goes on without them, at the risk that the domain crashes of it.\n' : '';
}
