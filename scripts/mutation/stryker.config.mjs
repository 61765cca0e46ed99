import { targets } from './targets.mjs';

const { MUTATION_TARGET: name, MUTATION_CONCURRENCY = '2' } = process.env;
const cache = 'node_modules/.cache/mutation';

/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner'],
  vitest: { configFile: 'scripts/mutation/vitest.config.ts', related: false },
  mutate: targets[name].mutate,
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
  timeoutFactor: 3,
};
