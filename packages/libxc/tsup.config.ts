import { defineConfig } from 'tsup';

// Types come from 'tsc -b' (project references, declaration maps); tsup makes the JavaScript.
export default defineConfig({
  entry: [
    'src/index.ts',
    'src/embedded/index.ts',
    'src/embedded/client/index.ts',
    'src/embedded/daemon/main.ts',
    'src/embedded/daemon/vcpu-worker.ts',
    'src/xen/index.ts',
    'src/xenstore/index.ts',
    'src/xenstore/client/index.ts',
  ],
  outDir: 'dist',
  format: 'esm',
  target: 'node20',
  splitting: true,
  sourcemap: true,
  clean: false,
  dts: false,
});
