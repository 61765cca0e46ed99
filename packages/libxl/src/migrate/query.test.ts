import { describe, expect, it } from 'vitest';
import { queryTarget } from './query.js';

const script = (text: string) => ({ command: 'sh', args: ['-c', text] });

describe('a target that is asked what it is', () => {
  it('and does not end is not listened to for ever', async () => {
    const answer = await queryTarget({ command: script('exec yes') });
    expect(answer).toEqual({ kind: 'unreachable', said: expect.stringContaining('more than any xl has to say') });
  });

  it('and says something else is another toolstack', async () => {
    expect(await queryTarget({ command: script('echo hello') })).toEqual({ kind: 'other', said: 'hello', status: 0 });
    const failed = await queryTarget({ command: script('echo unknown option >&2; exit 2') });
    expect(failed).toEqual({ kind: 'other', said: 'unknown option', status: 2 });
  });

  it('and can not be reached says why', async () => {
    const answer = await queryTarget({ command: script('echo no route >&2; exit 255') });
    expect(answer).toEqual({ kind: 'unreachable', said: 'no route' });
  });
});
