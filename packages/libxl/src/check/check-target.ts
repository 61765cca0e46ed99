import type { LibxlDomainConfig } from '../config/index.js';
import { retrieveConfiguration } from '../domain/configuration.js';
import type { Host } from '../host/open-host.js';
import type { Reach } from '../target/reach.js';
import { receiverArguments } from '../target/receiver.js';
import { askTarget } from './ask-target.js';
import { type CheckTarget, checkMigration, type MigrationCheck } from './check-migration.js';
import { diskPaths } from './disks.js';
import { type LinkSpeed, measureLink, SINK_SCRIPT } from './link-speed.js';

export interface CheckTargetOptions {
  readonly host: Host;
  readonly domid: number;
  /** Default: the one that the domain was made from. */
  readonly config?: LibxlDomainConfig;
  readonly reach: Reach;
  /** As it will be limited. */
  readonly bytesPerSecond?: number;
  /** As it will be asked for. */
  readonly downtimeMs?: number;
  readonly signal?: AbortSignal;
}

export interface TargetCheck extends MigrationCheck {
  readonly target: CheckTarget;
  /** What the connection carries; undefined where it could not be measured. */
  readonly link: LinkSpeed | undefined;
}

/**
 * Whether a domain can be migrated to a target, as `xl migrate --check` does: asks the target what it is, measures the
 * connection, and checks the domain against both (checkMigration). Nothing is changed.
 *
 * @throws LibxlError ERROR_FAIL where the target can't be reached or has no xl; ERROR_DOMAIN_NOTFOUND
 */
export async function checkMigrationTo(options: CheckTargetOptions): Promise<TargetCheck> {
  const { host, domid, reach, bytesPerSecond, downtimeMs, signal } = options;
  const aborting = signal === undefined ? {} : { signal };
  const config = options.config ?? (await retrieveConfiguration(host, domid));
  const target = await askTarget({ reach, paths: diskPaths(config), ...aborting });
  const sink = target.toolstack === 'ours' ? reach(receiverArguments({ sink: true })) : reach.shell?.(SINK_SCRIPT);
  const link = sink === undefined ? undefined : await measureLink({ command: sink, ...aborting });
  const speed = limited(link, bytesPerSecond);
  const check = await checkMigration({
    host,
    domid,
    config,
    target,
    ...(speed === undefined ? {} : { link: speed }),
    ...(downtimeMs === undefined ? {} : { downtimeMs }),
    ...aborting,
  });
  return { ...check, target, link };
}

/** A limit that is asked for counts where nothing could be measured, too. */
function limited(link: LinkSpeed | undefined, bytesPerSecond: number | undefined): LinkSpeed | undefined {
  if (bytesPerSecond === undefined) return link;
  return {
    bytesPerSecond: Math.min(link?.bytesPerSecond ?? Number.POSITIVE_INFINITY, bytesPerSecond),
    roundTripMs: link?.roundTripMs ?? 0,
  };
}
