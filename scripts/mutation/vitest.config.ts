import { defineConfig } from 'vitest/config';
import all from '../../vitest.config.js';
import { targets } from './targets.mjs';

const { MUTATION_TARGET } = process.env;
const { tests } = targets[MUTATION_TARGET as keyof typeof targets];

export default defineConfig({
  ...all,
  test: {
    ...all.test,
    include: tests.filter((glob) => !glob.startsWith('!')),
    exclude: ['**/node_modules/**', ...tests.filter((glob) => glob.startsWith('!')).map((glob) => glob.slice(1))],
    env: { XEN_FORMAT_RUNS: '10' },
  },
});
