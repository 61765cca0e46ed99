// Installs and builds, then runs a program of tools/: node scripts/tool.mjs NAME [ARGUMENT ...]
import { spawnSync } from 'node:child_process';
import { root, setup } from './setup.mjs';

setup();
const [name, ...args] = process.argv.slice(2);
const { status } = spawnSync(process.execPath, ['--import', 'tsx', `${root}tools/${name}/main.ts`, ...args], {
  stdio: 'inherit',
  cwd: root,
});
process.exit(status ?? 1);
