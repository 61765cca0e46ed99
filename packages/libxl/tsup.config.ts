import { defineConfig } from 'tsup';

// Types come from 'tsc -b' (project references, declaration maps); tsup makes the JavaScript.
export default defineConfig({
  entry: {
    index: 'src/index.ts',
    'guardian/main': 'src/guardian/main.ts',
    'link/agent-main': 'src/link/agent-main.ts',
    'monitor/main': 'src/monitor/main.ts',
    'tls/client-main': 'src/tls/client-main.ts',
    'xl-cfg/index': 'src/xl-cfg/index.ts',
  },
  outDir: 'dist',
  format: 'esm',
  target: 'node20',
  splitting: true,
  sourcemap: true,
  clean: false,
  dts: false,
});
