import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string) => fileURLToPath(new URL(`packages/${path}`, import.meta.url));

// Tests read the sources of every package, so that no stale build can pass; only what runs as a process of its own
// (the daemon, the commands) is the build.
export default defineConfig({
  resolve: {
    alias: [
      { find: '@xen-migration/stream-format/structures', replacement: source('stream-format/src/structures.ts') },
      { find: '@xen-migration/stream-format/node', replacement: source('stream-format/src/node/index.ts') },
      { find: '@xen-migration/libxc/embedded/client', replacement: source('libxc/src/embedded/client/index.ts') },
      { find: '@xen-migration/libxc/embedded', replacement: source('libxc/src/embedded/index.ts') },
      { find: '@xen-migration/libxc/xen', replacement: source('libxc/src/xen/index.ts') },
      { find: '@xen-migration/libxc/xenstore/client', replacement: source('libxc/src/xenstore/client/index.ts') },
      { find: '@xen-migration/libxc/xenstore', replacement: source('libxc/src/xenstore/index.ts') },
      { find: '@xen-migration/libxl/xl-cfg', replacement: source('libxl/src/xl-cfg/index.ts') },
      { find: /^@xen-migration\/([a-z-]+)$/, replacement: source('$1/src/index.ts') },
    ],
  },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'tools/**/*.test.ts'],
    pool: 'forks',
    // All cores: half of the time is spent waiting for processes. (The default leaves one core idle, so one of two.)
    maxWorkers: '100%',
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
