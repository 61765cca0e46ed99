import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SHUTDOWN } from '../../hypervisor/hypervisor.js';
import { STORE_CONNECTION, STORE_ERROR, STORE_FEATURES, STORE_REQUESTS, STORE_RESPONSES } from '../../io/byte-ring.js';
import type { XenstoreClient } from '../client/client.js';
import { RingGuest } from '../testing/ring-guest.js';
import { type ServedHost, servedHost } from '../testing/served-host.js';
import { encodeMessage, encodeText, XS } from '../wire.js';

let host: ServedHost;
let store: XenstoreClient;
let introduced: number[];
let changes: number;
const guests: RingGuest[] = [];

beforeEach(async () => {
  introduced = [];
  changes = 0;
  host = await servedHost({
    listeners: [
      {
        introduced: (domid) => introduced.push(domid),
        domainsChanged() {
          changes += 1;
        },
      },
    ],
  });
  store = await host.connect();
});
afterEach(async () => {
  for (const guest of guests.splice(0)) await guest.leave();
  await host.close();
});

async function newGuest(): Promise<RingGuest> {
  const guest = await RingGuest.introduce(host, store);
  guests.push(guest);
  return guest;
}

/** What fired, from now on. */
async function eventsOf(name: string): Promise<string[]> {
  const events: string[] = [];
  await store.watch(name, (path) => events.push(path));
  await vi.waitFor(() => expect(events).toHaveLength(1));
  events.length = 0;
  return events;
}

describe('an introduced guest', () => {
  it('is served through its ring, with its own rights', async () => {
    const guest = await newGuest();
    expect(await store.isIntroduced(guest.domid)).toBe(true);
    expect(introduced).toEqual([guest.domid]);
    expect(guest.word(STORE_FEATURES)).toBe(7);
    expect(await guest.ask('WRITE', 'data/x\0value')).toBe('WRITE OK');
    expect(await guest.ask('READ', 'data/x\0')).toBe('READ value');
    expect(await guest.ask('READ', '/tool\0')).toBe('ERROR EACCES');
    expect(await store.read(`/local/domain/${guest.domid}/data/x`)).toBe('value');
    expect(await store.getPermissions(`/local/domain/${guest.domid}/data/x`)).toEqual([`n${guest.domid}`]);
  });

  it('gets answers and requests across that are longer than the ring, in pieces', async () => {
    const guest = await newGuest();
    const value = 'v'.repeat(2000);
    expect(await guest.ask('WRITE', `data/x\0${value}`)).toBe('WRITE OK');
    expect(await guest.ask('READ', 'data/x\0')).toBe(`READ ${value}`);
  });

  it('gets its answers in order when it sends all that the ring holds', async () => {
    const guest = await newGuest();
    const names = Array.from({ length: 40 }, (_, i) => `x${i}`);
    for (const name of names) guest.send('WRITE', `${name}\0`);
    await guest.heard(40);
    for (const name of names.slice(0, 20)) {
      guest.send('READ', `${name}\0`);
      guest.send('DIRECTORY', `none${name}\0`);
    }
    expect(await guest.heard(40)).toEqual(Array.from({ length: 20 }, () => ['READ', 'ERROR ENOENT']).flat());
  });

  it('that reads nothing makes its requests wait; what waits is bounded, and nothing is lost', async () => {
    const guest = await newGuest();
    await guest.ask('WRITE', `x\0${'v'.repeat(1500)}`);
    let sent = 0;
    for (let idle = 0; idle < 50; ) {
      try {
        guest.send('READ', 'x\0');
        sent += 1;
        idle = 0;
      } catch {
        guest.kick();
        idle += 1;
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    // Some 16 KiB of answers wait, and the requests that the ring and the queue hold.
    expect(sent).toBeGreaterThan(20);
    expect(sent).toBeLessThan(300);
    const answers = await guest.heard(sent);
    expect(answers.every((answer) => answer.length === 1505)).toBe(true);
    expect(await store.read('/tool')).toBe('');
  });

  it('is told of changes once for many where it does not look', async () => {
    const guest = await newGuest();
    expect(await guest.ask('WATCH', 'data\0t\0')).toBe('WATCH OK');
    expect(await guest.heard(1)).toEqual(['WATCH_EVENT data t']);
    for (let i = 0; i < 1000; i++) void store.write(`/local/domain/${guest.domid}/data`, String(i));
    await store.read('/');
    guest.send('READ', 'data\0');
    const told: string[] = [];
    while (!told.at(-1)?.startsWith('READ')) told.push(...(await guest.heard(1)));
    expect(told.at(-1)).toBe('READ 999');
    expect(told.length).toBeGreaterThan(1);
    expect(told.length).toBeLessThan(100);
  });

  it('is introduced anew with another port and an empty ring', async () => {
    const guest = await newGuest();
    await guest.ask('WATCH', 'data\0t\0');
    guest.put(Uint8Array.of(1, 2, 3));
    await guest.introduce(store);
    expect(introduced).toEqual([guest.domid, guest.domid]);
    guest.receive();
    expect(await guest.ask('WRITE', 'data\0x')).toBe('WRITE OK');
    expect(guest.receive()).toEqual([]);
  });
});

describe('introducing', () => {
  it('needs a domain, a frame and a port', async () => {
    const { hypervisor } = host;
    await expect(store.introduce(99, 1, 1)).rejects.toMatchObject({ code: 'EINVAL' });
    const domid = await host.newDomain('hvm', 1024);
    await hypervisor.populatePhysmap(domid, Float64Array.of(1), 0);
    const port = await hypervisor.allocUnboundPort(domid, 0);
    await expect(store.introduce(domid, 7, port)).rejects.toMatchObject({ code: 'EINVAL' });
    await expect(store.introduce(domid, -1, port)).rejects.toMatchObject({ code: 'EINVAL' });
    await expect(store.introduce(domid, 1, port + 1)).rejects.toMatchObject({ code: 'EINVAL' });
    expect(await store.isIntroduced(domid)).toBe(false);
    await expect(store.release(domid)).rejects.toMatchObject({ code: 'ENOENT' });
    await hypervisor.destroyDomain(domid);
    // Nothing was left mapped.
    await expect(hypervisor.domainInfo(domid)).rejects.toMatchObject({ code: 'ESRCH' });
  });

  it('is told of, and so is a release', async () => {
    const [came, went] = [await eventsOf('@introduceDomain'), await eventsOf('@releaseDomain')];
    const guest = await newGuest();
    await vi.waitFor(() => expect(came).toEqual(['@introduceDomain']));
    await store.release(guest.domid);
    await vi.waitFor(() => expect(went).toEqual(['@releaseDomain']));
    expect(await store.isIntroduced(guest.domid)).toBe(false);
    guest.put(encodeMessage({ type: XS.READ, requestId: 1, transactionId: 0, payload: encodeText('x\0') }));
    guest.kick();
    await store.read('/');
    expect(guest.receive()).toEqual([]);
    await guest.introduce(store);
    expect(await guest.ask('READ', '/\0')).toBe('ERROR EACCES');
  });

  it('gives a domain that acts for another that one’s rights', async () => {
    const [guest, target] = [await newGuest(), await newGuest()];
    const path = `/local/domain/${target.domid}/x`;
    expect(await guest.ask('WRITE', `${path}\0y`)).toBe('ERROR EACCES');
    await store.setTarget(guest.domid, target.domid);
    expect(await guest.ask('WRITE', `${path}\0y`)).toBe('WRITE OK');
    await guest.introduce(store);
    expect(await guest.ask('READ', `${path}\0`)).toBe('READ y');
    await expect(store.setTarget(99, target.domid)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('the end of a guest', () => {
  it('is told of when it shuts down, once, and again after it was resumed', async () => {
    const guest = await newGuest();
    const events = await eventsOf('@releaseDomain');
    await host.hypervisor.shutdownDomain(guest.domid, SHUTDOWN.suspend);
    await vi.waitFor(() => expect(events).toHaveLength(1));
    await host.hypervisor.resumeDomain(guest.domid);
    await store.resume(guest.domid);
    await host.hypervisor.shutdownDomain(guest.domid, SHUTDOWN.crash);
    await vi.waitFor(() => expect(events).toHaveLength(2));
    expect(await store.isIntroduced(guest.domid)).toBe(true);
    expect(await guest.ask('READ', 'x\0')).toBe('ERROR ENOENT');
    await expect(store.resume(99)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('frees all that was mapped of it, and takes its nodes and rights along', async () => {
    const free = (await host.hypervisor.info()).freePages;
    const guest = await newGuest();
    await guest.ask('WRITE', 'data/x\0value');
    await store.write('/shared', '');
    await store.setPermissions('/shared', ['n0', `r${guest.domid}`]);
    const events = await eventsOf('@releaseDomain');
    await guests.pop()!.leave();
    await host.hypervisor.destroyDomain(guest.domid);
    await vi.waitFor(async () => {
      expect((await host.hypervisor.info()).freePages).toBe(free);
      expect(await store.directory('/local/domain')).toEqual([]);
    });
    expect(events.length).toBeGreaterThan(0);
    expect(changes).toBeGreaterThan(0);
    expect(await store.getPermissions('/shared')).toEqual(['n0']);
    expect(await store.isIntroduced(guest.domid)).toBe(false);
    expect(await store.control('check')).toBe('OK');
  });

  it('is told of domains, too, that were never introduced', async () => {
    const domid = await host.newDomain('hvm', 1024);
    const events = await eventsOf('@releaseDomain');
    await host.hypervisor.shutdownDomain(domid, SHUTDOWN.poweroff);
    await vi.waitFor(() => expect(events).toHaveLength(1));
  });
});

describe('a guest that breaks its ring', () => {
  const INDEXES = 2;
  const PROTOCOL = 3;

  it.each([
    ['requests, from beyond', STORE_REQUESTS.producer, 1025],
    ['requests, backwards', STORE_REQUESTS.producer, 0xffff_ffff],
    ['requests, by taking them out itself', STORE_REQUESTS.consumer, 77],
    ['responses, from beyond', STORE_RESPONSES.producer, 5000],
    ['responses, by taking out what is not there', STORE_RESPONSES.consumer, 9],
  ])('with wrong counts of %s is left alone, and others are served', async (_what, offset, value) => {
    const [bad, good] = [await newGuest(), await newGuest()];
    bad.setWord(offset, value);
    bad.kick();
    await vi.waitFor(() => expect(bad.word(STORE_ERROR)).toBe(INDEXES));
    expect(host.log).toEqual([expect.stringMatching(/is not served any more: its counts/)]);
    for (let i = 0; i < 10; i++) bad.kick();
    expect(await good.ask('WRITE', 'x\0y')).toBe('WRITE OK');
    expect(await store.read(`/local/domain/${good.domid}/x`)).toBe('y');
    // It may begin anew when it sees that.
    bad.setWord(STORE_CONNECTION, 1);
    bad.kick();
    await vi.waitFor(() => expect(bad.word(STORE_CONNECTION)).toBe(0));
    expect(bad.word(STORE_ERROR)).toBe(0);
    expect(await bad.ask('WRITE', 'x\0y')).toBe('WRITE OK');
  });

  it('with too long a message is left alone, and its watches are gone', async () => {
    const guest = await newGuest();
    await guest.ask('WATCH', 'data\0t\0');
    await guest.heard(1);
    guest.put(Buffer.alloc(16, 0xff));
    guest.kick();
    await vi.waitFor(() => expect(guest.word(STORE_ERROR)).toBe(PROTOCOL));
    await store.write(`/local/domain/${guest.domid}/data`, 'x');
    expect(guest.receive()).toEqual([]);
    await guest.introduce(store);
    expect(await guest.ask('READ', 'data\0')).toBe('READ x');
    expect(guest.receive()).toEqual([]);
  });

  it('or fills it with noise harms itself alone', async () => {
    const [bad, good] = [await newGuest(), await newGuest()];
    let seed = 12345;
    const random = () => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      return seed >>> 16;
    };
    for (let round = 0; round < 300; round++) {
      // Headers with small types and lengths, so that requests are reached, too; and now and then all is noise.
      for (let i = 0; i < 1024; i++) bad.page.bytes[i] = random() % (round % 3 === 0 ? 256 : i % 4 === 0 ? 28 : 1);
      bad.setWord(STORE_REQUESTS.producer, bad.word(STORE_REQUESTS.consumer) + (random() % 1100));
      if (random() % 4 === 0) bad.setWord(STORE_RESPONSES.consumer, bad.word(STORE_RESPONSES.producer));
      if (random() % 8 === 0) bad.setWord(STORE_CONNECTION, 1);
      bad.kick();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await good.ask('WRITE', 'x\0y')).toBe('WRITE OK');
    expect(await store.control('check')).toBe('OK');
    await bad.introduce(store);
    expect(await bad.ask('WRITE', 'x\0y')).toBe('WRITE OK');
  });

  it('that never stops asking leaves the others their turns', async () => {
    const [greedy, good] = [await newGuest(), await newGuest()];
    let asking = true;
    const flood = (async () => {
      while (asking) {
        greedy.receive();
        try {
          for (;;) greedy.send('READ', 'x\0');
        } catch {
          await new Promise((resolve) => setImmediate(resolve));
        }
      }
    })();
    for (let i = 0; i < 50; i++) expect(await good.ask('WRITE', `x\0${i}`)).toBe('WRITE OK');
    expect(await store.read(`/local/domain/${good.domid}/x`)).toBe('49');
    asking = false;
    await flood;
  });

  it('or never reads its events is cut off before they fill the memory', async () => {
    const guest = await newGuest();
    await guest.ask('WATCH', 'data\0t\0');
    await guest.heard(1);
    const home = `/local/domain/${guest.domid}/data`;
    await Promise.all(Array.from({ length: 5000 }, (_, i) => store.write(`${home}/${i}`, '')));
    expect(host.log).toEqual([expect.stringMatching(/does not read its events/)]);
    expect(guest.word(STORE_ERROR)).toBe(1);
  });
});
