// npm run fuzz -- [OPTION...]: fuzzes the parsers (packages/test-harness/docs/fuzzing.md). Builds first; it runs from the sources.
import { spawnSync } from 'node:child_process';
import { root, setup } from './setup.mjs';

setup();
const program = `${root}packages/test-harness/src/fuzz/main.ts`;
const { status } = spawnSync(process.execPath, ['--import', 'tsx', program, ...process.argv.slice(2)], {
  stdio: 'inherit',
  cwd: root,
});
process.exit(status ?? 1);
