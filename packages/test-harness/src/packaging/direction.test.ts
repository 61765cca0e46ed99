import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { repositoryRoot } from '../repository.js';

const exec = promisify(execFile);
let tree: string;

beforeEach(async () => {
  tree = await mkdtemp(join(tmpdir(), 'direction-'));
  await writeFile(join(tree, 'tsconfig.test.json'), '{}');
});
afterEach(() => rm(tree, { recursive: true, force: true }));

/** Runs the project's rule file over a tree of its own; the rules that were broken. */
async function brokenRules(files: Record<string, string>): Promise<string[]> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(tree, path)), { recursive: true });
    await writeFile(join(tree, path), text);
  }
  const cruise = `${repositoryRoot}node_modules/dependency-cruiser/bin/dependency-cruise.mjs`;
  const args = [cruise, 'packages', '--config', `${repositoryRoot}.dependency-cruiser.cjs`, '-T', 'json'];
  const { stdout } = await exec(process.execPath, args, { cwd: tree }).catch((e: { stdout: string }) => e);
  const result = JSON.parse(stdout) as { summary: { violations: { rule: { name: string } }[] } };
  return result.summary.violations.map((v) => v.rule.name);
}

const REFUSED = [
  ['stream-format', 'libxc'],
  ['stream-format', 'convert-legacy'],
  ['libxc', 'libxl'],
  ['libxc', 'convert-legacy'],
  ['libxl', 'xl-cli'],
  ['libxl', 'test-harness'],
  ['convert-legacy', 'libxc'],
  ['xl-cli', 'libxc'],
  ['xl-cli', 'test-harness'],
] as const;

describe('the check of the direction of dependencies', () => {
  // One tree for all of them: dependency-cruiser takes seconds to start.
  it('refuses each arrow that points the other way, by name and by path', async () => {
    const trees = REFUSED.map(([from, to]) => ({
      [`packages/${to}/src/index.ts`]: 'export const there = 1;\n',
      [`packages/${from}/src/${to}-by-name.ts`]: `import '@xen-migration/${to}';\n`,
      [`packages/${from}/src/${to}-by-path.ts`]: `import '../../${to}/src/index.js';\n`,
    }));
    const rules = await brokenRules(Object.assign({}, ...trees));
    const expected = REFUSED.flatMap(([from]) => [`direction-${from}`, `direction-${from}`]);
    expect(rules.filter((r) => r.startsWith('direction-')).sort()).toEqual(expected.sort());
  });

  it('refuses an API of Node in the core of stream-format, and a circle', async () => {
    const rules = await brokenRules({
      'packages/stream-format/src/core.ts': "import 'node:fs';\n",
      'packages/stream-format/src/node/files.ts': "import 'node:fs';\n",
      'packages/libxc/src/a.ts': "import './b.js';\n",
      'packages/libxc/src/b.ts': "import './a.js';\n",
    });
    expect(rules.sort()).toEqual(['core-is-browser-code', 'no-circular']);
  });

  it('allows the arrows of the architecture', async () => {
    const rules = await brokenRules({
      'packages/stream-format/src/index.ts': 'export const a = 1;\n',
      'packages/libxc/src/index.ts': "export * from '../../stream-format/src/index.js';\n",
      'packages/libxl/src/index.ts': "export * from '../../libxc/src/index.js';\n",
      'packages/xl-cli/src/index.ts': "export * from '../../libxl/src/index.js';\n",
    });
    expect(rules).toEqual([]);
  });
});
