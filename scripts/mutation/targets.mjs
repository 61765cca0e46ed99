// What is mutated, and which tests answer for it: quick ones, in the process that runs them. Tests that start commands
// can't see a mutant, as commands run from the build.

const STREAM_FORMAT_TESTS = [
  'packages/stream-format/src/{bytes,chain,errors,layout,libxc,libxl,stream,wire,xl}/**/*.test.ts',
  'packages/stream-format/src/verify/**/*.test.ts',
  'packages/stream-format/src/cli/{program,commands/merge}.test.ts',
  // Megabytes of real streams, a few seconds each time.
  '!**/{real-streams,copy}.test.ts',
];
const CONVERT_LEGACY_TESTS = [
  'packages/convert-legacy/src/convert*/**/*.test.ts',
  'packages/convert-legacy/src/*.test.ts',
  'packages/test-harness/src/legacy/{golden,refusals,scenarios}.test.ts',
];

/** Never mutated: tests, what they alone use, and lists of what others export. */
export const NOT_CODE = ['!**/*.test.ts', '!**/testing/**', '!**/index.ts'];

export const targets = {
  'convert-legacy': {
    mutate: ['packages/convert-legacy/src/**/*.ts', '!packages/convert-legacy/src/cli/**', ...NOT_CODE],
    tests: CONVERT_LEGACY_TESTS,
  },
  'stream-format': {
    mutate: [
      'packages/stream-format/src/{bytes,chain,errors,layout,libxc,libxl,stream,verify,wire,xl}/**/*.ts',
      ...NOT_CODE,
    ],
    tests: STREAM_FORMAT_TESTS,
  },
};
