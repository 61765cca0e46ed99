import type { ByteSource } from '@xen-migration/stream-format';
import { fdSource, kindOfFile } from '@xen-migration/stream-format/node';
import { descriptorReady } from './descriptor-ready.js';

/**
 * Any descriptor to read from. A socket gives 200 KiB at a time, so that 4 MiB of pages take twenty turns between threads;
 * here they take one.
 */
export function descriptorSource(fd: number): ByteSource {
  const source = fdSource(fd, descriptorReady);
  if (!kindOfFile(fd).isSocket()) return source;
  return {
    read: (into) => source.read(into),
    async readWhole(into) {
      const { libc } = await import('../native/libc.js');
      const got = await libc().receiveAll(fd, into);
      // Why nothing came is for a plain read to say.
      return got > 0 ? got : source.read(into);
    },
  };
}
