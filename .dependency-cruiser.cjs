// Dependencies point one way: stream-format <- libxc <- libxl <- xl-cli; convert-legacy needs stream-format alone,
// libxl may use convert-legacy; test-harness may use all (ARCHITECTURE.md, "Direction").
const mayUse = {
  'stream-format': [],
  libxc: ['stream-format'],
  'convert-legacy': ['stream-format'],
  libxl: ['stream-format', 'libxc', 'convert-legacy'],
  'xl-cli': ['stream-format', 'libxl'],
  'test-harness': ['stream-format', 'libxc', 'libxl', 'convert-legacy', 'xl-cli'],
};

const all = Object.keys(mayUse);

// A package that may use all others has no edge to forbid: a rule without paths would forbid everything.
const bound = Object.entries(mayUse).filter(([, allowed]) => allowed.length < all.length - 1);
const edges = bound.map(([from, allowed]) => ({
  name: `direction-${from}`,
  severity: 'error',
  comment: `${from} may use: ${allowed.join(', ') || 'nothing'}`,
  from: { path: `^packages/${from}/` },
  to: {
    path: all
      .filter((p) => p !== from && !allowed.includes(p))
      .map((p) => `(^packages/${p}/|@xen-migration/${p}(/|$))`),
  },
}));

module.exports = {
  forbidden: [
    ...edges,
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'core-is-browser-code',
      severity: 'error',
      comment: 'The core of stream-format uses no API of Node: it also runs in a browser.',
      from: {
        path: '^packages/stream-format/src/',
        pathNot: ['^packages/stream-format/src/(node|cli)/', '\\.test\\.ts$'],
      },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'real-dependencies',
      severity: 'error',
      comment: 'What a published source imports must be declared by its package.',
      from: { path: '^packages/[^/]+/src/', pathNot: '\\.test\\.ts$' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'npm-dev', 'undetermined'] },
    },
    { name: 'resolvable', severity: 'error', from: { path: '^packages/' }, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|packages/[^/]+/api)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.test.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['types', 'import', 'default'] },
  },
};
