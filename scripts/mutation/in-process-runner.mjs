// A test runner for StrykerJS: all tests of a target in one bundle, which is evaluated anew for each mutant in the process
// that stays. Vitest would start a worker and load the modules again through itself, which costs many times what most
// of these tests do. `expect` is Vitest's own; of the rest there is what the tests use.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { Script } from 'node:vm';
import { bundleOf } from './bundle.mjs';
import { vitestExpect } from './expect.mjs';
import { of } from './resolve.mjs';
import { Suites } from './suites.mjs';
import { targets } from './targets.mjs';

const { declareFactoryPlugin, PluginKind } = await of('@stryker-mutator/core', '@stryker-mutator/api/plugin');
const { DryRunStatus, determineHitLimitReached, TestStatus, toMutantRunResult } = await of(
  '@stryker-mutator/core',
  '@stryker-mutator/api/test-runner',
);

const { MUTATION_TARGET } = process.env;
const NAMESPACE = '__stryker__';
const KNOWN = 'stryker-dry-run.json';

class InProcessRunner {
  /** The bundle as a function of `require`, `module` and `exports`. */
  #load;
  #bundle;
  #expect;
  /** What the dry run found of each test, in whichever process it was: milliseconds, and how often it met each mutant. */
  #known;
  /** The test that runs, as an error that nothing awaits is its. */
  #stray;

  capabilities() {
    return { reloadEnvironment: true };
  }

  async init() {
    process.env.XEN_FORMAT_RUNS = '10';
    // The same inputs for each mutant; of one that fails the first is enough.
    createRequire(import.meta.url)('fast-check').configureGlobal({ seed: 1, endOnFailure: true });
    this.#expect = await vitestExpect();
    this.#bundle = resolve('stryker-bundle.cjs');
    const code = await bundleOf(targets[MUTATION_TARGET].tests);
    const wrapped = `(function (require, module, exports) {${code}\n})`;
    this.#load = new Script(wrapped, { filename: this.#bundle }).runInThisContext();
    process.on('unhandledRejection', (error) => {
      this.#stray ??= error;
    });
  }

  async dryRun() {
    const stryker = namespace();
    const mutantCoverage = { static: {}, perTest: {} };
    Object.assign(stryker, { activeMutant: undefined, mutantCoverage, currentTestId: undefined });
    const suites = await this.#suites();
    const tests = await this.#run(suites.tests, false, (scope) => {
      stryker.currentTestId = scope;
    });
    const covered = coverageOf(mutantCoverage, suites);
    const known = tests.map(({ id, timeSpentMs }) => [id, { timeSpentMs, hits: covered.perTest[id] }]);
    writeFileSync(KNOWN, JSON.stringify(Object.fromEntries(known)));
    return { status: DryRunStatus.Complete, tests, mutantCoverage: covered };
  }

  async mutantRun({ activeMutant, mutantActivation, testFilter, hitLimit, disableBail }) {
    this.#known ??= existsSync(KNOWN) ? JSON.parse(readFileSync(KNOWN, 'utf8')) : {};
    const stryker = namespace();
    Object.assign(stryker, { currentTestId: undefined, hitCount: 0, hitLimit });
    stryker.activeMutant = mutantActivation === 'static' ? activeMutant.id : undefined;
    let tests;
    try {
      const suites = await this.#suites();
      stryker.activeMutant = activeMutant.id;
      const wanted = testFilter && new Set(testFilter);
      const chosen = suites.tests.filter(({ id }) => wanted?.has(id) ?? true);
      tests = await this.#run(this.#quickFirst(chosen), !disableBail, (_, test) => {
        if (stryker.hitCount > stryker.hitLimit) return;
        // Of each test by itself, so that a loop without end is found soon.
        const usual = this.#known[test.id]?.hits?.[activeMutant.id];
        if (usual !== undefined) Object.assign(stryker, { hitCount: 0, hitLimit: Math.max(usual * 100, 10_000) });
      });
    } catch (error) {
      // The modules don't load: no test passes.
      const failure = { id: 'load', name: 'load', timeSpentMs: 0, status: TestStatus.Failed };
      tests = [{ ...failure, failureMessage: String(error) }];
    }
    stryker.activeMutant = undefined;
    const limit = determineHitLimitReached(stryker.hitCount, stryker.hitLimit);
    return toMutantRunResult(limit ?? { status: DryRunStatus.Complete, tests });
  }

  async #suites() {
    const suites = new Suites();
    const require = createRequire(this.#bundle);
    const vitest = { ...suites.api(), expect: this.#expect };
    const module = { exports: {} };
    this.#load((name) => (name === 'vitest' ? vitest : require(name)), module, module.exports);
    return suites;
  }

  #quickFirst(tests) {
    const cost = ({ id }) => this.#known[id]?.timeSpentMs ?? 0;
    return tests.toSorted((a, b) => cost(a) - cost(b));
  }

  async #run(tests, bail, scope = () => {}) {
    const results = [];
    for (const test of tests) {
      const { id, file } = test;
      this.#stray = undefined;
      const start = performance.now();
      let error = await test
        .run((id) => scope(id, test))
        .then(
          () => undefined,
          (thrown) => thrown ?? new Error('thrown'),
        );
      // Node tells of rejections that nothing awaits when all else is done.
      await new Promise(setImmediate);
      error ??= this.#stray;
      const result = { id, name: id, fileName: file, timeSpentMs: performance.now() - start };
      const failed = error !== undefined && { status: TestStatus.Failed, failureMessage: messageOf(error) };
      results.push({ ...result, ...(failed || { status: TestStatus.Success }) });
      if (failed && bail) break;
    }
    return results;
  }
}

function messageOf(error) {
  return String(error?.stack ?? error);
}

function namespace() {
  globalThis[NAMESPACE] ??= {};
  return globalThis[NAMESPACE];
}

/** What a hook before all of a suite's tests covers, each of them covers. */
function coverageOf({ static: atLoad, perTest }, suites) {
  const covered = {};
  for (const { id, scopes } of suites.tests) {
    covered[id] = {};
    for (const scope of scopes) {
      for (const [mutant, hits] of Object.entries(perTest[scope] ?? {})) {
        covered[id][mutant] = (covered[id][mutant] ?? 0) + hits;
      }
    }
  }
  return { static: atLoad, perTest: covered };
}

export const strykerPlugins = [declareFactoryPlugin(PluginKind.TestRunner, 'in-process', () => new InProcessRunner())];
