import type { Target } from '../target.js';
import { DOMAIN_CONFIG } from './domain-config.js';
import { LEGACY_STREAM } from './legacy.js';
import { LINK } from './link.js';
import { HOST_DESCRIPTION, MIGRATION_MESSAGE } from './migration.js';
import { QMP } from './qmp.js';
import { LIBXC_STREAM, XL_STREAM } from './streams.js';
import { XENSTORE_CLIENT } from './xenstore-client.js';
import { XENSTORE_RING, XENSTORE_SOCKET } from './xenstore-server.js';
import { XL_CFG } from './xl-cfg.js';

/** Every parser of bytes or text that somebody else made. */
export const TARGETS: readonly Target[] = [
  LIBXC_STREAM,
  XL_STREAM,
  LEGACY_STREAM,
  XL_CFG,
  DOMAIN_CONFIG,
  XENSTORE_SOCKET,
  XENSTORE_RING,
  XENSTORE_CLIENT,
  QMP,
  MIGRATION_MESSAGE,
  HOST_DESCRIPTION,
  LINK,
];

/** @throws RangeError where there is none of that name */
export function targetOf(name: string): Target {
  const target = TARGETS.find((it) => it.name === name);
  if (target === undefined)
    throw new RangeError(`the targets are ${TARGETS.map((it) => it.name).join(', ')}, not '${name}'`);
  return target;
}
