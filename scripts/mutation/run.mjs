// npm run mutation -- [TARGET [FILES...]]: changes the code in small ways, and counts the changes that no test notices.
// Takes hours; a run that was cut goes on where it was. FILES (globs) instead of all files of the target.
import { mkdirSync } from 'node:fs';
import { root, tool } from '../setup.mjs';
import { targets } from './targets.mjs';

const [named, ...files] = process.argv.slice(2);
const names = named === undefined ? Object.keys(targets) : [named];
mkdirSync(`${root}node_modules/.cache/mutation`, { recursive: true });

let failed = 0;
for (const name of names) {
  if (targets[name] === undefined) throw new Error(`${name}: one of ${Object.keys(targets).join(', ')}`);
  failed += tool('stryker', ['run', 'scripts/mutation/stryker.config.mjs'], {
    env: { ...process.env, MUTATION_TARGET: name, MUTATION_FILES: files.join(' '), DO_NOT_TRACK: '1' },
  });
}
process.exit(failed === 0 ? 0 : 1);
