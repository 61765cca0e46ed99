import { describe, expect, it } from 'vitest';
import { ASKED_VARIABLE, asking, takeAsked } from './asked.js';

const NOTHING = {};
const ID = '0123456789abcdef0123456789abcdef';
const taken = (text: string | undefined) => takeAsked(text === undefined ? {} : { [ASKED_VARIABLE]: text });

describe('what a receiver is asked by its environment', () => {
  it('is what is beyond the words that stock knows', () => {
    expect(asking(['-t', '-v', 'migrate-receive', '-e', '-d'])).toBe('[]');
    expect(asking(['migrate-receive', '-e', '--link', ID])).toBe(`["--link","${ID}"]`);
    expect(taken(asking(['-v', 'migrate-receive', '-p', '--join', ID]))).toEqual({ join: ID });
    expect(taken(asking(['migrate-receive', '--capabilities']))).toEqual({ capabilities: true });
    const forced = ['migrate-receive', '--force-cpu', '--link', ID];
    expect(taken(asking(forced))).toEqual({ forceCpu: true, link: ID });
  });

  it('is asked once', () => {
    const env = { [ASKED_VARIABLE]: '["--sink"]' };
    expect(takeAsked(env)).toEqual({ sink: true });
    expect(env).toEqual({});
    expect(takeAsked(env)).toEqual(NOTHING);
  });

  it.each([undefined, '', 'null', '{}', '[1]', '["-q"]', '["--tls-listen","1"]', '["--link"]', '["x"]'])(
    'is nothing where it is none of that (%s)',
    (text) => {
      expect(taken(text)).toEqual(NOTHING);
    },
  );
});
