import { describe, expect, it } from 'vitest';
import { CORPUS } from './command-line.js';
import { fileLabel, keptInputs } from './corpus.js';
import { type Failure, fuzzTarget } from './fuzz-target.js';
import { inputOf } from './inputs.js';
import { minimise } from './minimise.js';
import { runInput } from './run-input.js';
import { tallyTable } from './table.js';
import type { OpenTarget } from './target.js';
import { TARGETS } from './targets/index.js';

/** So long a target is tried here, and so many inputs at least and at most; `npm run fuzz` tries on. */
const MS_EACH = 700;
const INPUTS = { least: 20, most: 400 } as const;
const SEED = 20_261_125;

describe.each(TARGETS)('$name', (described) => {
  it('inputs that were kept come to the end that they came to', async () => {
    const target = await described.open();
    try {
      const kept = keptInputs(CORPUS, described.name);
      expect(kept.length).toBeGreaterThan(1);
      for (const { file, outcome, bytes } of kept) {
        const result = await runInput(target, { bytes, valid: false });
        expect('outcome' in result ? fileLabel(result.outcome) : result.failed, file).toBe(outcome);
      }
    } finally {
      await target.close();
    }
  });

  it('inputs of a seed are each accepted or refused', async () => {
    const target = await described.open();
    const failures: Failure[] = [];
    const end = Date.now() + MS_EACH;
    let tried = 0;
    try {
      const tally = await fuzzTarget({
        target,
        name: described.name,
        seed: SEED,
        first: 0,
        runs: INPUTS.most,
        over: () => tried >= INPUTS.least && Date.now() > end,
        onBegin: () => void tried++,
        onFailure: (failure) => failures.push(failure),
      });
      expect(failures.map(({ number, why }) => `input ${number} of seed ${SEED}: ${why}`)).toEqual([]);
      expect(tally.inputs).toBeGreaterThanOrEqual(INPUTS.least);
      expect(tally.accepted).toBeGreaterThan(0);
      expect(Object.keys(tally.refused).length).toBeGreaterThan(0);
    } finally {
      await target.close();
    }
  });

  it('the same seed makes the same inputs', async () => {
    const target = await described.open();
    try {
      for (const number of [0, 7, 123]) {
        const [one, two] = [
          await inputOf(target, described.name, 5, number),
          await inputOf(target, described.name, 5, number),
        ];
        expect(Buffer.compare(one.bytes, two.bytes)).toBe(0);
        const other = await inputOf(target, described.name, 6, number);
        expect(Buffer.compare(one.bytes, other.bytes)).not.toBe(0);
      }
    } finally {
      await target.close();
    }
  });
});

describe('the fuzzer', () => {
  /** A parser with faults: it knows words of lower-case letters. */
  const faulty: OpenTarget = {
    sample: async (random) => ({
      parts: Array.from({ length: 5 }, () => Buffer.from(random.one(['abc', 'xyz', 'hello']))),
      valid: true,
    }),
    async run(input) {
      const text = Buffer.from(input).toString('latin1');
      if (text.includes('zx')) throw new TypeError('a z before an x');
      return /^[a-z]*$/.test(text) ? 'accepted' : { refused: 'NO_WORD' };
    },
    async close() {},
  };

  it('finds a fault, says which input it was, and makes it as small as can be', async () => {
    const failures: Failure[] = [];
    const tally = await fuzzTarget({
      target: faulty,
      name: 'faulty',
      seed: 1,
      first: 0,
      runs: 300,
      maxFailures: 3,
      onFailure: (failure) => failures.push(failure),
    });
    expect(failures).toHaveLength(3);
    expect(tally).toMatchObject({ failures: 3, accepted: expect.any(Number) });
    const spoilt = failures.filter(({ bytes }) => bytes.length === 2);
    expect(spoilt.length).toBeGreaterThan(0);
    for (const { number, why, bytes } of failures) {
      expect(why).toContain('a z before an x');
      const again = await runInput(faulty, await inputOf(faulty, 'faulty', 1, number));
      expect(again).toMatchObject({ failed: expect.stringContaining('a z before an x') });
      expect(Buffer.from(bytes).toString()).toContain('zx');
    }
  });

  it('an input that is as it should be must not be refused', async () => {
    const strict: OpenTarget = { ...faulty, run: async () => ({ refused: 'NEVER' }) };
    expect(await runInput(strict, { bytes: Buffer.from('abc'), valid: true })).toEqual({
      failed: 'what is as it should be was refused: NEVER',
    });
    expect(await runInput(strict, { bytes: Buffer.from('abc'), valid: false })).toEqual({
      outcome: { refused: 'NEVER' },
    });
  });

  it('what takes too much memory is told', async () => {
    const held: Uint8Array[] = [];
    const greedy: OpenTarget = {
      ...faulty,
      async run() {
        held.push(new Uint8Array(400 * 2 ** 20));
        return 'accepted';
      },
    };
    expect(await runInput(greedy, { bytes: Buffer.from('abc'), valid: false })).toMatchObject({
      failed: expect.stringMatching(/^it took \d+ MiB of memory$/),
    });
  });

  it('leaves out whatever is not needed', async () => {
    const input = Buffer.from('some text with a needle in it, and more');
    const small = await minimise(input, async (bytes) => Buffer.from(bytes).includes('needle'));
    expect(Buffer.from(small).toString()).toBe('needle');
  });

  it('prints its figures as a table', () => {
    const tally = { inputs: 30, accepted: 10, refused: { A: 5, B: 15 }, failures: 0, seconds: 2 };
    expect(tallyTable([['faulty', tally]]).split('\n')[2]).toBe('| faulty | 30 | 15 | 10 | 20 | B 15, A 5 | 0 |');
  });
});
