import type { Ready } from '@xen-migration/stream-format/node';

/** For descriptors that do not wait, as sockets that Node has made: asks the kernel when they can be read or written. */
export const descriptorReady: Ready = async (fd, use) => {
  const { libc } = await import('../native/libc.js');
  await libc().ready(fd, use);
};
