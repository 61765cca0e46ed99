import { readdirSync, readFileSync } from 'node:fs';

const CLI = new URL('../cli/', import.meta.url);

/** What one module takes from elsewhere. */
export interface Import {
  /** As it is written: './x.js', '@xen-migration/libxl'. */
  readonly from: string;
  /** Values; types are left out. */
  readonly names: readonly string[];
}

/** Every module of the command that is installed, below src/cli; no tests. */
export function cliModules(): URL[] {
  return readdirSync(CLI, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
    .map((path) => new URL(path, CLI));
}

/** What a module imports, at its head or by import(). Imports of types alone are none: nothing of them is left to run. */
export function importsOf(module: URL): Import[] {
  const text = readFileSync(module, 'utf8');
  const head = [...text.matchAll(/^(?:import|export) (?!type\b)([^;]*?) from '([^']+)';/gms)];
  const later = [...text.matchAll(/const (\{[^}]*\}) = await import\('([^']+)'\)/g)];
  const others = [...text.matchAll(/(?:^import |import\()'([^']+)'/gm)].map(([, from = '']) => ({ from, names: [] }));
  const named = [...head, ...later].map(([, names = '', from = '']) => ({ from, names: valuesIn(names) }));
  return [...named, ...others];
}

/** The modules that a command's own module brings with it, itself included. */
export function modulesOf(command: string): URL[] {
  const found = new Map<string, URL>();
  const follow = (module: URL) => {
    if (found.has(module.href)) return;
    found.set(module.href, module);
    for (const { from } of importsOf(module)) {
      if (from.startsWith('.')) follow(new URL(from.replace(/\.js$/, '.ts'), module));
    }
  };
  follow(new URL(`commands/${command}.ts`, CLI));
  return [...found.values()];
}

function valuesIn(names: string): string[] {
  const inner = /\{([^}]*)\}/s.exec(names)?.[1] ?? '';
  return inner
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && !name.startsWith('type '))
    .map((name) => name.replace(/ as .*/, ''));
}
