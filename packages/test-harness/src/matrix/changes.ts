import { execFileSync } from 'node:child_process';
import type { Column } from './axes.js';
import type { Choice } from './plan.js';

/** What must be tried after a change, and why. */
export interface Needed {
  /** A package, or what else of the repository was changed. */
  readonly changed: string;
  readonly why: string;
  readonly choice: Choice;
}

const isHvmWithModel = ({ guest, deviceModel }: Column) => guest === 'hvm' && deviceModel !== 'none';
/** One column for each kind of guest. */
const isGuestAlone = ({ deviceModel }: Column) => deviceModel === undefined || deviceModel === 'qemu-upstream';

/**
 * Which part of the matrix a change of a package needs (Xen, docs/features/migration.pandoc, "Testing": libxc with every
 * type of guest, libxl with HVM guests and both device models, the conversion with every upgrade).
 */
const NEEDED: Readonly<Record<string, Omit<Needed, 'changed'>>> = {
  'stream-format': { why: 'every byte of every stream goes through it', choice: {} },
  libxc: {
    why: 'it saves and restores every type of guest in a way of its own',
    choice: {
      columns: isGuestAlone,
      operations: ['save', 'migrate', 'migrate-stopped', 'verify', 'checkpoint', 'failover'],
    },
  },
  libxl: {
    why: 'it is the layer that knows device models',
    choice: {
      columns: isHvmWithModel,
      operations: ['save', 'migrate', 'migrate-stopped', 'verify', 'checkpoint', 'failover'],
    },
  },
  'convert-legacy': { why: 'every upgrade goes through it', choice: { operations: ['upgrade'] } },
  'xl-cli': {
    why: 'it is no guest that it could treat differently',
    choice: { columns: ({ guest }) => guest === 'pv64' },
  },
  'test-harness': { why: 'the matrix itself', choice: { quick: true } },
};
const BUILD: Omit<Needed, 'changed'> = { why: 'it decides how all packages are built', choice: {} };

/** Of the repository's root, what is no text for people. */
const BUILD_FILES = /^(package\.json|pnpm-lock\.yaml|pnpm-workspace\.yaml|tsconfig[^/]*\.json|turbo\.json)$/;
/** What is in no package that is installed: texts, tests, what tests are made of. */
const NOT_SHIPPED = /(\.md|\.test\.ts)$|\/(testing|testdata|docs)\//;

/** What changes of these files (paths from the repository's root) need; nothing for texts and tests. */
export function neededFor(files: readonly string[]): Needed[] {
  const changed = new Set(files.filter((file) => !NOT_SHIPPED.test(file)).map(partOf));
  return [...changed].flatMap((part): Needed[] => {
    const needed = part === undefined ? undefined : (NEEDED[part] ?? (part === 'the build' ? BUILD : undefined));
    return part === undefined || needed === undefined ? [] : [{ changed: part, ...needed }];
  });
}

function partOf(file: string): string | undefined {
  const [, name] = /^packages\/([^/]+)\//.exec(file) ?? [];
  return name ?? (BUILD_FILES.test(file) ? 'the build' : undefined);
}

/**
 * The files of a checkout that differ from a commit's, those that git does not know yet included.
 *
 * @throws Error with what git says
 */
export function changedSince(reference: string, directory: string): string[] {
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: directory, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
      .split('\n')
      .filter((line) => line !== '');
  try {
    const root = git('rev-parse', '--show-toplevel')[0] ?? directory;
    // Since both went their own ways: what came to REF meanwhile is no change of this checkout.
    const base = git('merge-base', reference, 'HEAD')[0] ?? reference;
    return [
      ...git('-C', root, 'diff', '--name-only', base),
      ...git('-C', root, 'ls-files', '--others', '--exclude-standard', '--full-name'),
    ];
  } catch (e) {
    const said = e instanceof Error && 'stderr' in e ? String(e.stderr).trim() : String(e);
    throw new Error(`git can't tell what changed since ${reference}: ${said}`);
  }
}
