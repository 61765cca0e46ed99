import { describe, expect, it } from 'vitest';
import { parseArguments } from './options.js';

const SPECS = {
  all: { short: 'a', long: 'all', about: '' },
  debug: { long: 'debug', about: '' },
  defconfig: { short: 'f', long: 'defconfig', value: 'FILE', about: '' },
  deep: { long: 'deep', about: '' },
} as const;
const parse = (...args: string[]) => parseArguments(SPECS, args);
const run = (options: object, ...operands: string[]) => ({
  kind: 'run',
  options: { all: false, debug: false, deep: false, ...options },
  operands,
});

describe('arguments', () => {
  it('takes options and operands in any order', () => {
    expect(parse('one', '-a', 'two', '--debug')).toMatchObject(run({ all: true, debug: true }, 'one', 'two'));
  });

  it('keeps the words as they were given', () => {
    expect(parse('one', '-af', 'x', '--')).toMatchObject({ words: ['one', '-af', 'x', '--'] });
  });

  it('takes a value apart, attached, after =, and as the next word', () => {
    for (const args of [['-f', 'x'], ['-fx'], ['--defconfig=x'], ['--defconfig', 'x'], ['-af', 'x', '-a']]) {
      expect(parse(...args)).toMatchObject({ options: { defconfig: 'x' } });
    }
  });

  it('takes everything after -- and a lone - as operands', () => {
    expect(parse('-', '--', '-a', '--debug')).toMatchObject(run({}, '-', '-a', '--debug'));
  });

  it('takes a long option shortened, unless it could be another', () => {
    expect(parse('--al')).toMatchObject({ options: { all: true } });
    expect(parse('--def=x')).toMatchObject({ options: { defconfig: 'x' } });
    expect(parse('--de')).toEqual({ kind: 'error', message: "option `--de' not supported." });
  });

  it("refuses what it does not know in stock's words", () => {
    expect(parse('-v')).toEqual({ kind: 'error', message: "option `v' not supported." });
    expect(parse('-f')).toEqual({ kind: 'error', message: "option `f' needs a value." });
    expect(parse('--all=1')).toMatchObject({ kind: 'error' });
  });

  it('asks for help by -h and --help', () => {
    expect(parse('-ah')).toEqual({ kind: 'help' });
    expect(parse('x', '--help')).toEqual({ kind: 'help' });
  });
});
