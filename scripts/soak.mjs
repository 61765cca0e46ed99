// npm run soak -- [OPTION...]: random operations and faults for a long time (packages/test-harness/docs/soak.md). Builds first.
import { spawnSync } from 'node:child_process';
import { root, setup } from './setup.mjs';

setup();
const program = `${root}packages/test-harness/bin/xen-soak.js`;
const { status } = spawnSync(process.execPath, [program, ...process.argv.slice(2)], { stdio: 'inherit' });
process.exit(status ?? 1);
