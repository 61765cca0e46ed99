import type { EmbeddedHost, EmbeddedHostOptions } from './embedded-host.js';
import { Host } from './host.js';

/** @throws Error when the machine's memory can't be made */
export function createEmbeddedHost(options: EmbeddedHostOptions): Promise<EmbeddedHost> {
  return Host.create(options);
}
