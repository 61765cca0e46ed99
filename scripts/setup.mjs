// Installs and builds the whole workspace from npm alone: pnpm is taken from npm at the version that package.json pins
// and is never installed globally.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

const quiet = {
  ...process.env,
  TURBO_TELEMETRY_DISABLED: '1',
  DO_NOT_TRACK: '1',
  npm_config_fund: 'false',
  npm_config_audit: 'false',
  npm_config_update_notifier: 'false',
};

/** Runs a command to its end, its output passed through. Returns the exit status. */
export function run(command, args, options = {}) {
  const done = spawnSync(command, args, { cwd: root, stdio: 'inherit', env: quiet, ...options });
  if (done.error) throw done.error;
  return done.status ?? 1;
}

/** Runs a tool of the workspace's own node_modules. */
export function tool(name, args, options = {}) {
  return run(process.execPath, [...toolArgs(name), ...args], options);
}

function toolArgs(name) {
  const bins = {
    pnpm: 'pnpm/bin/pnpm.cjs',
    turbo: 'turbo/bin/turbo',
    biome: '@biomejs/biome/bin/biome',
    tsc: 'typescript/bin/tsc',
    depcruise: 'dependency-cruiser/bin/dependency-cruise.mjs',
    publint: 'publint/src/cli.js',
    attw: '@arethetypeswrong/cli/dist/index.js',
    vitest: 'vitest/vitest.mjs',
    stryker: '@stryker-mutator/core/bin/stryker.js',
  };
  return [`${root}node_modules/${bins[name]}`];
}

function pinnedPnpm() {
  return JSON.parse(readFileSync(`${root}package.json`, 'utf8')).packageManager;
}

export function install() {
  const args = ['install', '--frozen-lockfile', '--prefer-offline', '--reporter=append-only'];
  if (existsSync(`${root}node_modules/pnpm/bin/pnpm.cjs`)) {
    if (tool('pnpm', args) === 0) return 0;
  }
  return run('npm', ['exec', '--yes', `--package=${pinnedPnpm()}`, '--', 'pnpm', ...args], {
    shell: process.platform === 'win32',
  });
}

export function build() {
  // turbo starts each package's build through pnpm, which it looks for on PATH.
  const env = { ...quiet, PATH: `${root}node_modules/.bin:${process.env.PATH}` };
  return tool('turbo', ['run', 'build', '--output-logs=errors-only'], { env });
}

export function setup() {
  if (install() !== 0) throw new Error('pnpm install failed');
  if (build() !== 0) throw new Error('build failed');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) setup();
