import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { Refusal } from '../errors.js';
import { checkStore } from '../tree/check.js';
import { DEFAULT_QUOTAS, type Quotas } from '../tree/quotas.js';
import { decodeText, encodeStrings, encodeText, type MessageName, XS } from '../wire.js';
import { Client } from './client.js';
import { Database } from './database.js';
import { perform } from './requests.js';
import type { DomainService, Services } from './services.js';

/** No domain is there: what there is to test of them needs a host (guests.test.ts). */
const NO_DOMAINS: DomainService = {
  introduce: () => Promise.reject(new Refusal('EINVAL')),
  release: () => Promise.reject(new Refusal('ENOENT')),
  resume: () => Promise.reject(new Refusal('ENOENT')),
  setTarget() {
    throw new Refusal('ENOENT');
  },
  isIntroduced: () => false,
};

/** A client, and what its watches told it. */
class Caller {
  readonly events: string[] = [];
  readonly client: Client;

  constructor(
    private readonly services: Services,
    domid: number,
  ) {
    this.client = new Client({ domid }, (path, token) => this.events.push(`${path} ${token}`));
  }

  /** The answer's text, with a blank for each NUL; an error's code. Words in the payload are divided by blanks. */
  ask(name: MessageName, payload: string, transactionId = 0): string {
    try {
      const bytes = encodeText(payload.replaceAll(' ', '\0'));
      const message = { type: XS[name], requestId: 1, transactionId, payload: bytes };
      const reply = perform(this.services, this.client, message);
      if (reply instanceof Promise) throw new Error(`${name} takes its time`);
      reply.after?.();
      return decodeText(reply.payload).replaceAll('\0', ' ');
    } catch (e) {
      if (e instanceof Refusal) return e.code;
      throw e;
    }
  }

  /** What came since the last time. */
  told(): string[] {
    return this.events.splice(0);
  }
}

let database: Database;
let control: Caller;
let three: Caller;
let four: Caller;
let log: string[];

function start(quotas: Quotas): void {
  log = [];
  database = new Database(quotas);
  const services = { database, domains: NO_DOMAINS, log: (text: string) => log.push(text) };
  [control, three, four] = [0, 3, 4].map((domid) => new Caller(services, domid)) as [Caller, Caller, Caller];
  control.ask('MKDIR', '/local/domain/3 ');
  control.ask('SET_PERMS', '/local/domain/3 n3 ');
}

beforeEach(() => start(DEFAULT_QUOTAS));

describe('a guest', () => {
  it('owns what it makes below its own path, and nobody else sees it', () => {
    expect(three.ask('WRITE', 'data/x value')).toBe('OK ');
    expect(three.ask('READ', 'data/x ')).toBe('value');
    expect(three.ask('READ', '/local/domain/3/data/x ')).toBe('value');
    expect(three.ask('GET_PERMS', 'data/x ')).toBe('n3 ');
    expect(three.ask('DIRECTORY', 'data ')).toBe('x ');
    for (const name of ['READ', 'RM', 'DIRECTORY', 'GET_PERMS', 'MKDIR'] as const) {
      expect(four.ask(name, '/local/domain/3/data/x ')).toBe('EACCES');
    }
    expect(four.ask('WRITE', '/local/domain/3/data/x y')).toBe('EACCES');
  });

  it('is told that a node is not there only where it may look', () => {
    expect(three.ask('READ', 'none ')).toBe('ENOENT');
    expect(four.ask('READ', '/local/domain/3/none ')).toBe('EACCES');
    expect(three.ask('READ', '/nowhere/at/all ')).toBe('EACCES');
  });

  it('gives rights on what it owns, but does not give it away', () => {
    three.ask('WRITE', 'data/x value');
    expect(three.ask('SET_PERMS', 'data/x n3 r4 ')).toBe('OK ');
    expect(four.ask('READ', '/local/domain/3/data/x ')).toBe('value');
    expect(four.ask('WRITE', '/local/domain/3/data/x mine')).toBe('EACCES');
    expect(four.ask('SET_PERMS', '/local/domain/3/data/x n4 ')).toBe('EACCES');
    expect(three.ask('SET_PERMS', 'data/x n4 ')).toBe('EPERM');
  });

  it('with write access makes nodes of its own in what is another domain’s', () => {
    control.ask('MKDIR', '/shared ');
    control.ask('SET_PERMS', '/shared n0 b3 ');
    expect(three.ask('WRITE', '/shared/x value')).toBe('OK ');
    expect(control.ask('GET_PERMS', '/shared/x ')).toBe('n3 b3 ');
  });

  it('can’t do what the control domain does', () => {
    for (const [name, payload] of [
      ['INTRODUCE', '5 1 1 '],
      ['RELEASE', '3 '],
      ['RESUME', '3 '],
      ['SET_TARGET', '3 0 '],
      ['CONTROL', 'check '],
    ] as const) {
      expect(three.ask(name, payload)).toBe('EACCES');
    }
    expect(three.ask('SET_PERMS', '@releaseDomain n3 ')).toBe('EACCES');
  });

  it('asks where domains are', () => {
    expect(three.ask('GET_DOMAIN_PATH', '4 ')).toBe('/local/domain/4 ');
    expect(three.ask('IS_DOMAIN_INTRODUCED', '0 ')).toBe('T ');
    expect(three.ask('IS_DOMAIN_INTRODUCED', '32752 ')).toBe('T ');
    expect(three.ask('IS_DOMAIN_INTRODUCED', '9 ')).toBe('F ');
  });
});

describe('quotas of guests', () => {
  beforeEach(() => {
    start({ nodes: 5, watches: 2, transactions: 2, transactionNodes: 8, permissions: 3, nodeSize: 4 });
  });

  it('limit the nodes that a domain owns, also those that one request makes', () => {
    expect(three.ask('MKDIR', 'a/b/c/d/e ')).toBe('ENOSPC');
    expect(three.ask('DIRECTORY', 'a ')).toBe('ENOENT');
    expect(three.ask('MKDIR', 'a/b/c/d ')).toBe('OK ');
    expect(three.ask('MKDIR', 'x ')).toBe('ENOSPC');
    expect(three.ask('RM', 'a/b ')).toBe('OK ');
    expect(three.ask('MKDIR', 'x/y/z ')).toBe('OK ');
    expect(database.store.owned(3)).toBe(5);
    expect(control.ask('MKDIR', '/local/domain/3/more/of/it ')).toBe('OK ');
  });

  it('limit them in transactions, too, and with what others did meanwhile', () => {
    const id = Number(three.ask('TRANSACTION_START', ' '));
    expect(three.ask('MKDIR', 'a/b/c ', id)).toBe('OK ');
    expect(three.ask('MKDIR', 'a/b/d/e ', id)).toBe('ENOSPC');
    control.ask('MKDIR', '/other/one ');
    for (const path of ['/other', '/other/one']) control.ask('SET_PERMS', `${path} n3 `);
    expect(three.ask('TRANSACTION_END', 'T ', id)).toBe('ENOSPC');
    expect(three.ask('READ', 'a ')).toBe('ENOENT');
    expect(checkStore(database.store)).toEqual([]);
  });

  it('limit values, permissions, watches, transactions and what one touches', () => {
    expect(three.ask('WRITE', 'a 12345')).toBe('ENOSPC');
    expect(three.ask('WRITE', 'a 1234')).toBe('OK ');
    expect(three.ask('SET_PERMS', 'a n3 r4 r5 ')).toBe('OK ');
    expect(three.ask('SET_PERMS', 'a n3 r4 r5 r6 ')).toBe('ENOSPC');
    expect(['t', 'u', 'v'].map((token) => three.ask('WATCH', `a ${token} `))).toEqual(['OK ', 'OK ', 'ENOSPC']);
    const ids = [1, 2, 3].map(() => three.ask('TRANSACTION_START', ' '));
    expect(ids[2]).toBe('ENOSPC');
    const id = Number(ids[0]);
    const answers = Array.from({ length: 10 }, (_, i) => three.ask('READ', `n${i} `, id));
    expect(answers).toContain('ENOSPC');
  });

  it('do not hold for the control domain', () => {
    expect(control.ask('WRITE', '/a 12345')).toBe('OK ');
    expect([1, 2, 3].map(() => control.ask('TRANSACTION_START', ' '))).not.toContain('ENOSPC');
    expect(['t', 'u', 'v'].map((token) => control.ask('WATCH', `/a ${token} `))).toEqual(['OK ', 'OK ', 'OK ']);
  });
});

describe('watches', () => {
  it('fire once when they are set, and for what changes at or below their path', () => {
    expect(control.ask('WATCH', '/a t ')).toBe('OK ');
    expect(control.told()).toEqual(['/a t']);
    control.ask('WRITE', '/a/b/c one');
    control.ask('MKDIR', '/a/b ');
    control.ask('SET_PERMS', '/a n0 r3 ');
    control.ask('WRITE', '/ab no');
    control.ask('READ', '/a/b ');
    expect(control.told()).toEqual(['/a/b/c t', '/a t']);
    expect(control.ask('UNWATCH', '/a t ')).toBe('OK ');
    control.ask('WRITE', '/a x');
    expect(control.told()).toEqual([]);
    expect(control.ask('UNWATCH', '/a t ')).toBe('ENOENT');
  });

  it('are one for each token and path', () => {
    expect(control.ask('WATCH', '/a t ')).toBe('OK ');
    expect(control.ask('WATCH', '/a t ')).toBe('EEXIST');
    expect(control.ask('WATCH', '/a u ')).toBe('OK ');
    expect(three.ask('WATCH', '/a t ')).toBe('OK ');
    expect(control.ask('WATCH', '/a')).toBe('EINVAL');
  });

  it('on nodes that go with one above are told of their own path; those above are told of the one that was removed', () => {
    control.ask('WRITE', '/a/b/c one');
    for (const path of ['/a', '/a/b', '/a/b/c', '/a/b/none']) control.ask('WATCH', `${path} t `);
    control.told();
    control.ask('RM', '/a/b ');
    expect(control.told()).toEqual(['/a/b t', '/a/b t', '/a/b/c t']);
    control.ask('RM', '/a/b ');
    expect(control.told()).toEqual([]);
  });

  it('may be limited to some levels', () => {
    control.ask('WATCH', '/a t 1 ');
    control.told();
    for (const path of ['/a', '/a/b', '/a/b/c']) control.ask('WRITE', `${path} x`);
    expect(control.told()).toEqual(['/a t', '/a/b t']);
  });

  it('with relative paths are told relative paths', () => {
    three.ask('WATCH', 'data t ');
    three.ask('WRITE', 'data/x 1');
    three.ask('WATCH', '/local/domain/3/data u ');
    three.ask('WRITE', 'data/y 1');
    expect(three.told()).toEqual([
      'data t',
      'data/x t',
      '/local/domain/3/data u',
      'data/y t',
      '/local/domain/3/data/y u',
    ]);
  });

  it('tell nobody of what it may not read, but of what it could read until then', () => {
    three.ask('WRITE', 'data/x 1');
    four.ask('WATCH', '/local/domain/3 t ');
    four.told();
    three.ask('WRITE', 'data/x 2');
    expect(four.told()).toEqual([]);
    three.ask('SET_PERMS', 'data/x n3 r4 ');
    three.ask('WRITE', 'data/x 3');
    three.ask('SET_PERMS', 'data/x n3 ');
    three.ask('WRITE', 'data/x 4');
    expect(four.told()).toEqual(['/local/domain/3/data/x t', '/local/domain/3/data/x t', '/local/domain/3/data/x t']);
    three.ask('SET_PERMS', 'data/x n3 r4 ');
    four.told();
    three.ask('RM', 'data/x ');
    expect(four.told()).toEqual(['/local/domain/3/data/x t']);
  });

  it('tell of a transaction when it is committed, and not before', () => {
    control.ask('WATCH', '/a t ');
    control.told();
    const [kept, dropped] = [1, 2].map(() => Number(control.ask('TRANSACTION_START', ' ')));
    control.ask('WRITE', '/a/kept 1', kept);
    control.ask('WRITE', '/a/dropped 1', dropped);
    expect(control.told()).toEqual([]);
    control.ask('TRANSACTION_END', 'F ', dropped);
    expect(control.told()).toEqual([]);
    control.ask('TRANSACTION_END', 'T ', kept);
    expect(control.told()).toEqual(['/a/kept t']);
  });

  it('of events tell those who may know of domains', () => {
    for (const caller of [control, three]) caller.ask('WATCH', '@releaseDomain t ');
    control.ask('WATCH', '@releaseDomain one 1 ');
    control.ask('WATCH', '@releaseDomain/7 seven ');
    for (const caller of [control, three]) caller.told();
    database.tellOfDomain('@releaseDomain', 7);
    database.tellOfDomain('@releaseDomain', 8);
    database.tellOfDomain('@introduceDomain', 7);
    expect(control.told()).toEqual([
      '@releaseDomain t',
      '@releaseDomain/7 one',
      '@releaseDomain/7 seven',
      '@releaseDomain t',
      '@releaseDomain/8 one',
    ]);
    expect(three.told()).toEqual([]);
    expect(control.ask('SET_PERMS', '@releaseDomain n0 r3 ')).toBe('OK ');
    database.tellOfDomain('@releaseDomain', 7);
    expect(three.told()).toEqual(['@releaseDomain t']);
  });
});

describe('requests that make no sense', () => {
  it.each([
    ['READ', 'path'],
    ['READ', ''],
    ['WRITE', '/a'],
    ['WRITE', ''],
    ['MKDIR', ' '],
    ['DIRECTORY_PART', '/ '],
    ['DIRECTORY_PART', '/ x '],
    ['DIRECTORY_PART', '/ -1 '],
    ['SET_PERMS', '/ '],
    ['WATCH', '/a '],
    ['WATCH', '/a t x '],
    ['UNWATCH', ''],
    ['TRANSACTION_END', ''],
    ['TRANSACTION_END', 'X '],
    ['IS_DOMAIN_INTRODUCED', ''],
    ['GET_DOMAIN_PATH', '-1 '],
    ['SET_TARGET', '3 '],
    ['CONTROL', 'nonsense '],
    ['CONTROL', 'toString '],
  ] as const)('%s(%j) is refused', (name, payload) => {
    expect(control.ask(name, payload)).toBe('EINVAL');
  });

  it('of a kind that there is not are told so', () => {
    for (const name of ['GET_FEATURE', 'ERROR', 'WATCH_EVENT'] as const) expect(control.ask(name, '')).toBe('ENOSYS');
    const unknown = { type: 99, requestId: 1, transactionId: 0, payload: encodeText('') };
    const services = { database, domains: NO_DOMAINS, log: () => {} };
    expect(() => perform(services, control.client, unknown)).toThrow('ENOSYS');
  });

  it('name transactions that there are not', () => {
    expect(control.ask('READ', '/ ', 77)).toBe('ENOENT');
    expect(control.ask('TRANSACTION_END', 'T ')).toBe('ENOENT');
    const id = Number(control.ask('TRANSACTION_START', ' '));
    expect(control.ask('TRANSACTION_START', ' ', id)).toBe('EBUSY');
    expect(three.ask('READ', 'x ', id)).toBe('ENOENT');
  });
});

describe('requests of any kind', () => {
  const word = fc.oneof(
    fc.constantFrom(
      '',
      '/',
      'x',
      'x/y',
      '/local/domain/3/x',
      '/tool',
      '@releaseDomain',
      'T',
      'F',
      '0',
      '3',
      '4',
      'n3',
      'b4',
    ),
    fc.string({ maxLength: 8 }),
  );
  const payload = fc.oneof(
    fc.array(word, { maxLength: 4 }).map((words) => encodeStrings(...words)),
    fc.uint8Array({ maxLength: 40 }),
  );
  const message = fc.record({
    who: fc.nat(2),
    type: fc.integer({ min: 0, max: 30 }),
    transactionId: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(4) }),
    payload,
  });

  it('are done or refused, and the tree stays whole', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 50 }), (messages) => {
        start({ ...DEFAULT_QUOTAS, nodes: 6, transactions: 2 });
        const services = { database, domains: NO_DOMAINS, log: () => {} };
        const clients = [control, three, four].map(({ client }) => client);
        for (const { who, ...rest } of messages) {
          try {
            const reply = perform(services, clients[who]!, { requestId: 1, ...rest });
            if (reply instanceof Promise) reply.catch((e: unknown) => expect(e).toBeInstanceOf(Refusal));
            else reply.after?.();
          } catch (e) {
            expect(e).toBeInstanceOf(Refusal);
          }
        }
        expect(checkStore(database.store)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});

describe('the end', () => {
  it('of a client ends its watches and transactions', () => {
    control.ask('WATCH', '/ t ');
    const id = Number(control.ask('TRANSACTION_START', ' '));
    control.told();
    expect(control.ask('RESET_WATCHES', '')).toBe('OK ');
    control.ask('WRITE', '/a x');
    expect(control.told()).toEqual([]);
    expect(control.ask('READ', '/a ', id)).toBe('ENOENT');
  });

  it('of a domain removes what it owns and the rights that it had', () => {
    three.ask('WRITE', 'data/x 1');
    control.ask('WRITE', '/shared/x 1');
    control.ask('SET_PERMS', '/shared/x n0 r3 r4 ');
    control.ask('WATCH', '/local t ');
    control.told();
    database.forgetDomain(3);
    expect(control.ask('DIRECTORY', '/local/domain ')).toBe('');
    expect(control.ask('GET_PERMS', '/shared/x ')).toBe('n0 r4 ');
    expect(control.told()).toEqual(['/local/domain/3 t']);
    expect(database.store.owned(3)).toBe(0);
    expect(checkStore(database.store)).toEqual([]);
  });
});

describe('control commands', () => {
  it('check, list and say what they are asked for', () => {
    expect(control.ask('CONTROL', 'check ')).toBe('OK ');
    expect(control.ask('CONTROL', 'help ')).toContain('quota');
    expect(control.ask('CONTROL', 'quota ')).toContain('nodes: 1000');
    expect(control.ask('CONTROL', 'print hello ')).toBe('OK ');
    expect(log).toEqual(['hello']);
  });
});
