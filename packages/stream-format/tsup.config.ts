import { defineConfig } from 'tsup';

// Types come from 'tsc -b' (project references, declaration maps); tsup makes the JavaScript.
export default defineConfig({
  entry: ['src/index.ts', 'src/node/index.ts', 'src/cli/main.ts', 'src/cli/reference.ts'],
  outDir: 'dist',
  format: 'esm',
  target: 'node20',
  splitting: true,
  sourcemap: true,
  clean: false,
  dts: false,
});
