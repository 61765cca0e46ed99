import { describe, expect, it } from 'vitest';
import { ASKED_VARIABLE, asking, takeAsked } from './asked-receiver.js';

const NOTHING = { capabilities: false, sink: false, link: undefined, join: undefined };
const taken = (text: string | undefined) => takeAsked(text === undefined ? {} : { [ASKED_VARIABLE]: text });

describe('what a receiver is asked by its environment', () => {
  it('is what is beyond the words that stock knows', () => {
    expect(asking(['-t', '-v', 'migrate-receive', '-e', '-d'])).toBe('[]');
    expect(asking(['migrate-receive', '-e', '--link', 'abc'])).toBe('["--link","abc"]');
    expect(taken(asking(['-v', 'migrate-receive', '-p', '--join', 'abc']))).toEqual({ ...NOTHING, join: 'abc' });
    expect(taken(asking(['migrate-receive', '--capabilities']))).toEqual({ ...NOTHING, capabilities: true });
  });

  it('is asked once', () => {
    const env = { [ASKED_VARIABLE]: '["--sink"]' };
    expect(takeAsked(env)).toEqual({ ...NOTHING, sink: true });
    expect(env).toEqual({});
    expect(takeAsked(env)).toEqual(NOTHING);
  });

  it.each([undefined, '', 'null', '{}', '[1]', '["-r"]', '["--tls-listen","1"]', '["--link"]', '["x"]'])(
    'is nothing where it is none of that (%s)',
    (text) => {
      expect(taken(text)).toEqual(NOTHING);
    },
  );
});
