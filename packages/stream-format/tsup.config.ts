import { createHash } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { defineConfig } from 'tsup';

// Types come from 'tsc -b' (project references, declaration maps); tsup makes the JavaScript.
export default defineConfig([
  {
    entry: ['src/index.ts', 'src/node/index.ts', 'src/structures.ts', 'src/cli/main.ts', 'src/cli/reference.ts'],
    outDir: 'dist',
    format: 'esm',
    target: 'node20',
    splitting: true,
    sourcemap: true,
    clean: false,
    dts: false,
  },
  {
    entry: { inspector: 'src/inspector/main.ts' },
    outDir: 'dist',
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    minify: true,
    outExtension: () => ({ js: '.js' }),
    clean: false,
    dts: false,
    onSuccess: async () => assemblePage(),
  },
]);

/** One document with its style and its script in it, which may run these two and open no connection. */
function assemblePage(): void {
  const [page = '', style = ''] = ['page.html', 'page.css'].map((name) =>
    readFileSync(`src/inspector/${name}`, 'utf8'),
  );
  const script = readFileSync('dist/inspector.js', 'utf8').replaceAll('</script', '<\\/script');
  const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  const policy = [
    "default-src 'none'",
    `script-src ${hash(script)}`,
    `style-src ${hash(style)}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const parts: Record<string, string> = {
    'content=""': `content="${policy}"`,
    '<link rel="stylesheet" href="page.css" />': `<style>${style}</style>`,
    '<script src="main.js"></script>': `<script>${script}</script>`,
  };
  let whole = page;
  for (const [place, part] of Object.entries(parts)) {
    if (!whole.includes(place)) throw new Error(`src/inspector/page.html has no ${place}`);
    whole = whole.replace(place, () => part);
  }
  writeFileSync('dist/inspector.html', whole);
  rmSync('dist/inspector.js');
}
