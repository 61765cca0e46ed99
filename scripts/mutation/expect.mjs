import { readFileSync } from 'node:fs';
import { of } from './resolve.mjs';

/** Vitest's `expect`, which its package gives to tests alone that it runs itself. */
export async function vitestExpect() {
  const { ASYMMETRIC_MATCHERS_OBJECT, chai, getState, JestAsymmetricMatchers, JestChaiExpect, JestExtend, setState } =
    await of('vitest', '@vitest/expect');
  chai.use(JestExtend);
  chai.use(JestChaiExpect);
  chai.use(JestAsymmetricMatchers);
  chai.use(({ Assertion }) => {
    // Snapshots are compared, never written.
    Assertion.addMethod('toMatchFileSnapshot', function matches(path) {
      this.assert(this._obj === readFileSync(path, 'utf8'), `is not what ${path} says`);
    });
  });
  const expect = (value, message) => chai.expect(value, message);
  Object.assign(expect, chai.expect, globalThis[ASYMMETRIC_MATCHERS_OBJECT]);
  expect.getState = () => getState(expect);
  expect.setState = (state) => setState(state, expect);
  setState({ assertionCalls: 0 }, expect);
  return expect;
}
