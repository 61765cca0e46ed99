import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { of } from './resolve.mjs';

/** One CommonJS text of all tests that match the globs; `!` excludes. What is in node_modules is required. */
export async function bundleOf(globs) {
  const { build } = await of('tsup', 'esbuild');
  const { glob } = await of('vitest', 'tinyglobby');
  const files = (await glob(globs)).toSorted();
  if (files.length === 0) throw new Error(`no tests: ${globs.join(' ')}`);
  const entry = files.map((file) => `inFile(${JSON.stringify(file)}); require(${JSON.stringify(`./${file}`)});`);
  const { outputFiles } = await build({
    stdin: { contents: ["const { inFile } = require('vitest');", ...entry].join('\n'), resolveDir: process.cwd() },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    packages: 'external',
    plugins: [{ name: 'sources', setup: sources }],
    write: false,
    logLevel: 'error',
  });
  return outputFiles[0].text;
}

function sources({ onLoad, onResolve }) {
  onLoad({ filter: /\/packages\/.*\.ts$/ }, placed);
  onResolve({ filter: /^@xen-migration\// }, ({ path }) => ({ path: sourceOf(path) }));
}

/** What stands for our own packages in tests: their sources, as vitest.config.ts has it. */
function sourceOf(name) {
  const [, own, ...inside] = name.split('/');
  const path = resolve('packages', own, 'src', ...inside);
  return existsSync(`${path}.ts`) ? `${path}.ts` : `${path}/index.ts`;
}

/** CommonJS has no `import.meta`: the file's own place stands for it. */
async function placed({ path }) {
  const text = await readFile(path, 'utf8');
  const contents = text
    .replaceAll('import.meta.url', JSON.stringify(`file://${path}`))
    .replaceAll('import.meta.filename', JSON.stringify(path))
    .replaceAll('import.meta.dirname', JSON.stringify(dirname(path)));
  return { contents, loader: 'ts' };
}
