import type { ByteSink } from '@xen-migration/stream-format';
import { fdSink } from '@xen-migration/stream-format/node';
import { descriptorReady } from './descriptor-ready.js';

/** Any descriptor to write to. */
export function descriptorSink(fd: number): ByteSink {
  return fdSink(fd, descriptorReady);
}
