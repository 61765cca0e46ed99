// npm run release: publishes what npm does not have yet, in CI alone. With --dry-run the whole release on this machine
// instead (docs/releasing.md); with --versions only versions and changelogs, here, for the pull request that announces them.
import { parseArgs } from 'node:util';
import { builtReports, unannouncedBreaks } from '../api/unannounced.js';
import { root } from '../workspace.js';
import { dryRun } from './dry-run.js';
import { publishToNpm } from './publish.js';
import { makeVersions } from './versions.js';

const { values } = parseArgs({
  options: {
    'dry-run': { type: 'boolean', default: false },
    versions: { type: 'boolean', default: false },
    node: { type: 'string', multiple: true, default: [] },
  },
});

async function breaksNothingUnannounced(): Promise<boolean> {
  console.log('What the packages promise is compared with their last releases.');
  const unannounced = await unannouncedBreaks(builtReports());
  for (const line of unannounced) console.error(line);
  return unannounced.length === 0;
}

async function versions(): Promise<boolean> {
  for (const { of, from, to } of await makeVersions(root)) console.log(`${of.manifest.name} ${from} -> ${to}`);
  return true;
}

async function main(): Promise<boolean> {
  if (!values['dry-run'] && !values.versions) return publishToNpm(root, process.env);
  if (!(await breaksNothingUnannounced())) return false;
  return values['dry-run'] ? dryRun(values.node) : versions();
}

process.exitCode = (await main()) ? 0 : 1;
