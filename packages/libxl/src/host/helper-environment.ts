import type { Host } from './open-host.js';

/**
 * The environment of a process of ours that works on the same host. What is meant for xl's own Node is none of its
 * business; with NODE_EXTRA_CA_CERTS it would start half as fast again.
 */
export function helperEnvironment(host: Host): NodeJS.ProcessEnv {
  return { ...process.env, XEN_EMBEDDED_DIR: host.directory, NODE_OPTIONS: '', NODE_EXTRA_CA_CERTS: undefined };
}
