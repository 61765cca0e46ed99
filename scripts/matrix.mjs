// npm run matrix -- [OPTION...]: guests, device models and operations (packages/test-harness/docs/matrix.md). Builds first.
import { spawnSync } from 'node:child_process';
import { root, setup } from './setup.mjs';

setup();
const program = `${root}packages/test-harness/bin/xen-test-matrix.js`;
const { status } = spawnSync(process.execPath, [program, ...process.argv.slice(2)], { stdio: 'inherit' });
process.exit(status ?? 1);
