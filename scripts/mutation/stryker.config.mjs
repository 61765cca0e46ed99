import { NOT_CODE, targets } from './targets.mjs';

const { MUTATION_TARGET: name, MUTATION_FILES: files = '', MUTATION_CONCURRENCY = '2' } = process.env;
/** 'vitest' takes some ten times as long: to see whether it finds the same. */
const { MUTATION_RUNNER = 'in-process' } = process.env;
const cache = 'node_modules/.cache/mutation';

/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  testRunner: MUTATION_RUNNER,
  plugins: ['@stryker-mutator/vitest-runner', './scripts/mutation/in-process-runner.mjs'],
  vitest: { configFile: 'scripts/mutation/vitest.config.ts', related: false },
  // What an earlier run found of other files stays in the report.
  mutate: files === '' ? targets[name].mutate : [...files.split(' '), ...NOT_CODE],
  coverageAnalysis: 'perTest',
  concurrency: Number(MUTATION_CONCURRENCY),
  incremental: true,
  incrementalFile: `${cache}/${name}.json`,
  ignorePatterns: ['dist', '.turbo', '/packages/*/coverage'],
  reporters: ['progress-append-only', 'clear-text', 'html', 'json'],
  clearTextReporter: { allowColor: false, allowEmojis: false, logTests: false, reportTests: false },
  htmlReporter: { fileName: `${cache}/${name}.html` },
  jsonReporter: { fileName: `${cache}/${name}-report.json` },
  thresholds: { high: 90, low: 85, break: 85 },
  timeoutMS: 10_000,
  timeoutFactor: 1.5,
};
