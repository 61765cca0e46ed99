import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fetchNode, type NodeVersion, oldestSupported } from './node-versions.js';
import { type Rehearsal, rehearseRelease } from './rehearsal.js';
import { resultTable } from './table.js';
import { type Trial, tryAlone } from './trial.js';

/** The newest Node that npm has. */
const NEWEST = 'latest';

/**
 * Rehearses the whole release on this machine, tries every package alone under each Node of `wanted` (versions, ranges or tags
 * of npm; when none is given, the oldest that the packages support and the newest there is) and prints what came of it.
 * Returns whether all went well.
 */
export async function dryRun(wanted: readonly string[]): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'release-'));
  try {
    const rehearsal = await rehearseRelease({ folder, build: true, say: sayStep });
    try {
      sayVersions(rehearsal);
      const nodes = await fetchNodes(
        wanted.length > 0 ? wanted : [oldestSupported(rehearsal.packages), NEWEST],
        folder,
      );
      return report(rehearsal, await tryAll(rehearsal, nodes, folder));
    } finally {
      await rehearsal.registry.stop();
    }
  } finally {
    // The embedded hosts that the examples started write there until they see that nobody needs them any more.
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 500 });
  }
}

const say = (text: string) => console.log(text);
const sayStep = (what: string) => say(`${process.uptime().toFixed(1).padStart(6)} s  ${what}`);

function sayVersions({ versions, tags }: Rehearsal): void {
  for (const { of, from, to } of versions) say(`          ${of.manifest.name} ${from} -> ${to}`);
  say(`          tags of the clone: ${tags.join(' ')}`);
}

async function fetchNodes(wanted: readonly string[], folder: string): Promise<NodeVersion[]> {
  const nodes: NodeVersion[] = [];
  for (const [i, name] of wanted.entries()) {
    sayStep(`Node ${name} from npm`);
    nodes.push(await fetchNode(name, join(folder, `node-${i}`)));
  }
  return nodes;
}

async function tryAll({ packages, registry }: Rehearsal, nodes: readonly NodeVersion[], folder: string) {
  const trials: Trial[] = [];
  for (const node of nodes) {
    for (const of of packages) {
      sayStep(`${of.manifest.name} alone, Node ${node.version}: install, example of its README`);
      const trial = await tryAlone(of, registry.url, node, join(folder, 'alone', node.version, of.name));
      if (trial.problem !== undefined) say(`FAILED: ${trial.problem}`);
      trials.push(trial);
    }
  }
  return trials;
}

function report(rehearsal: Rehearsal, trials: readonly Trial[]): boolean {
  const failed = trials.filter(({ problem }) => problem !== undefined);
  say('');
  for (const line of resultTable(rehearsal, trials)) say(line);
  say('');
  say(`${trials.length - failed.length} of ${trials.length} ran. Nothing left this machine; signing was not tried.`);
  return failed.length === 0;
}
