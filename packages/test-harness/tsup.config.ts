import { copyFile } from 'node:fs/promises';
import { defineConfig } from 'tsup';

// Types come from 'tsc -b' (project references, declaration maps); tsup makes the JavaScript.
export default defineConfig({
  entry: {
    index: 'src/index.ts',
    compliance: 'src/compliance/main.ts',
    lab: 'src/lab/main.ts',
    'lab-downtime': 'src/lab/matrix/downtime-main.ts',
    matrix: 'src/matrix/main.ts',
    'matrix-link': 'src/matrix/link/main.ts',
    'matrix-migrate-stopped': 'src/matrix/link/migrate-stopped.ts',
    soak: 'src/soak/main.ts',
    'qemu-dm': 'src/device-model/traditional/main.ts',
  },
  outDir: 'dist',
  format: 'esm',
  target: 'node20',
  splitting: true,
  sourcemap: true,
  clean: false,
  dts: false,
  // What the matrix runs in a control domain.
  onSuccess: () => copyFile('src/lab/matrix/cells.sh', 'dist/cells.sh'),
});
