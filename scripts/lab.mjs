// npm run lab -- COMMAND: real Xen in an emulated machine (packages/test-harness/docs/lab.md). Builds first.
import { spawnSync } from 'node:child_process';
import { root, setup } from './setup.mjs';

setup();
const { status } = spawnSync(process.execPath, [`${root}packages/test-harness/dist/lab.js`, ...process.argv.slice(2)], {
  stdio: 'inherit',
});
process.exit(status ?? 1);
