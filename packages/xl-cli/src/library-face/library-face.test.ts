import { readFileSync, writeFileSync } from 'node:fs';
import * as libxl from '@xen-migration/libxl';
import * as xlCfg from '@xen-migration/libxl/xl-cfg';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../cli/commands/index.js';
import { cliModules, importsOf, modulesOf } from './modules.js';

const PAGE = new URL('../../../libxl/docs/commands.md', import.meta.url);

/** What a program that parses, prints and ends needs of others. */
const ALLOWED = [
  '@xen-migration/libxl',
  '@xen-migration/libxl/xl-cfg',
  'picocolors',
  // A configuration is read, a report written.
  'node:fs',
  'node:fs/promises',
  'node:path',
  'node:module',
  // Names of signals and of the machine.
  'node:os',
  'node:timers/promises',
];

const FACES: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  '@xen-migration/libxl': libxl,
  '@xen-migration/libxl/xl-cfg': xlCfg,
};

/** Every command's: it opens the host and takes a domain's name or number. */
const COMMON = 'context.ts';
const NO_CALLS = new Set(['isLibxlError', 'encodeText']);

function callsOf(command: string): string[] {
  const names = modulesOf(command)
    .filter(({ pathname }) => !pathname.endsWith(`/${COMMON}`))
    .flatMap((module) => importsOf(module))
    .filter(({ from }) => from in FACES)
    .flatMap(({ names: all }) => all)
    // Functions; a class is an error that is caught.
    .filter((name) => /^[a-z]/.test(name) && !NO_CALLS.has(name));
  return [...new Set(names)].sort();
}

describe('the library under the command', () => {
  it('is all that a module of the command uses: none starts a process, opens a socket or asks a hypervisor', () => {
    const modules = cliModules();
    expect(modules.length).toBeGreaterThan(50);
    const others = modules.flatMap((module) =>
      importsOf(module)
        .filter(({ from }) => !from.startsWith('.') && !ALLOWED.includes(from))
        .map(({ from }) => `${module.pathname.replace(/.*\/cli\//, '')}: ${from}`),
    );
    expect(others).toEqual([]);
    // All else of a host that there is goes through a call.
    for (const module of modules) {
      expect(readFileSync(module, 'utf8'), module.pathname).not.toMatch(/\.(hypervisor|xenstore)\b/);
    }
  });

  it('has every call by its public name', () => {
    for (const module of cliModules()) {
      for (const { from, names } of importsOf(module)) {
        const face = FACES[from];
        if (face !== undefined) expect(Object.keys(face), module.pathname).toEqual(expect.arrayContaining([...names]));
      }
    }
  });

  it('is written down, command by command, in its docs (UPDATE_DOCS=1 writes it)', async () => {
    const rows: string[] = [];
    for (const [name, load] of Object.entries(COMMANDS)) {
      const { spec } = await load();
      const calls = callsOf(name).map((call) => `\`${call}\``);
      const what = spec.summary.split('\n')[0]?.replace(/\.$/, '').replace('<', '\\<');
      rows.push(`| \`xl ${name}\` | ${what} | ${calls.join(', ') || '(needs no host)'} |`);
    }
    const page = readFileSync(PAGE, 'utf8');
    const table = /(\| command \|.*?\n\|[-|]+\n)(?:\|.*\n)*/;
    const text = page.replace(table, (_all, head: string) => `${head}${rows.map((row) => `${row}\n`).join('')}`);
    if (process.env.UPDATE_DOCS === '1') writeFileSync(PAGE, text);
    expect(readFileSync(PAGE, 'utf8')).toBe(text);
    expect(text).toContain('`migrateToTarget`');
  });
});
