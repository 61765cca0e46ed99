/** Tests as `describe` and `it` name them, to be run one by one. */
export class Suites {
  tests = [];
  #suite = { names: [], hooks: hooks(), parent: undefined };
  #file = '';

  /** What Vitest has under these names, as far as the tests of targets use it. */
  api() {
    const describe = (name, body) => {
      const outer = this.#suite;
      this.#suite = { names: [...outer.names, name], hooks: hooks(), parent: outer };
      body();
      this.#suite = outer;
    };
    const it = (name, body) => this.#add(name, body);
    const hook = (kind) => (body) => this.#suite.hooks[kind].push(body);
    return {
      describe: Object.assign(describe, { each: each(describe) }),
      it: Object.assign(it, { each: each(it) }),
      test: Object.assign(it, { each: each(it) }),
      ...Object.fromEntries(KINDS.map((kind) => [kind, hook(kind)])),
      /** The bundle says so before each file. */
      inFile: (file) => {
        this.#file = file;
        this.#suite = { names: [], hooks: hooks(), parent: undefined };
      },
    };
  }

  #add(name, body) {
    const suites = [];
    for (let suite = this.#suite; suite !== undefined; suite = suite.parent) suites.unshift(suite);
    const id = `${this.#file}#${[...this.#suite.names, name].join(' ')}`;
    if (this.tests.some((test) => test.id === id)) throw new Error(`two tests are ${id}`);
    for (const suite of suites) suite.scope ??= `before ${this.#file}#${suite.names.join(' ')}`;
    const scopes = [id, ...suites.map(({ scope }) => scope)];
    this.tests.push({ id, file: this.#file, scopes, run: (scope) => runTest(id, body, suites, scope) });
  }
}

const KINDS = ['beforeAll', 'beforeEach', 'afterEach'];

function hooks() {
  return { beforeAll: [], beforeEach: [], afterEach: [] };
}

/** Cases of arrays are spread into arguments. */
function each(declare) {
  return (cases) => (name, body) => {
    for (const [i, value] of cases.entries()) {
      declare(`${name} (${i})`, () => (Array.isArray(value) ? body(...value) : body(value)));
    }
  };
}

async function runTest(id, body, suites, scope) {
  for (const suite of suites) {
    scope(suite.scope);
    suite.ready ??= inTurn(suite.hooks.beforeAll);
    await suite.ready;
  }
  scope(id);
  try {
    for (const suite of suites) await inTurn(suite.hooks.beforeEach);
    await body();
  } finally {
    for (const suite of suites.toReversed()) await inTurn(suite.hooks.afterEach);
    scope(undefined);
  }
}

async function inTurn(bodies) {
  for (const body of bodies) await body();
}
