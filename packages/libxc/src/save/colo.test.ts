import { ByteReader, type ByteSink, byteSource, LibxcReader, LibxcWriter } from '@xen-migration/stream-format';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RestoreError, type RestoreResult, restoreDomain } from '../restore/index.js';
import { BytePipe } from '../testing/byte-pipe.js';
import { ringBackends, TestGuest } from '../testing/guest.js';
import { type TestHost, testHost } from '../testing/hosts.js';
import { type SaveError, type SaveResult, saveDomain } from './index.js';

/**
 * COLO as far as libxc goes: both ends over a pipe, with the back channel, and a guest that executes on both hosts at once. At
 * each checkpoint the secondary must be what the primary was: what it wrote itself since the last one is undone, by
 * the pages that it reports. The guest checks all of its memory right after each resume.
 */

const SHAPE = { kind: 'hvm', memoryKib: 12 * 1024, vcpus: 2 } as const;
const ALL_INTACT = /resumed on \d+, all \d+ pages intact[\s\S]* [1-9]\d* writes, 0 lost/;

let here: TestHost;
let there: TestHost;
beforeAll(async () => {
  [here, there] = [await testHost(101, 96), await testHost(103, 96)];
});
afterAll(async () => {
  await here.close();
  await there.close();
});

/** What the two toolstacks tell each other. */
class Words<T> {
  private readonly said: T[] = [];
  private listening: ((word: T) => void) | undefined;

  say(word: T): void {
    if (this.listening === undefined) this.said.push(word);
    else this.listening(word);
    this.listening = undefined;
  }

  async hear(): Promise<T> {
    if (this.said.length > 0) return this.said.shift()!;
    return new Promise((resolve) => {
      this.listening = resolve;
    });
  }
}

interface Run {
  readonly primary: TestGuest;
  readonly secondary: TestGuest;
  readonly saved: SaveResult | SaveError;
  readonly restored: RestoreResult | RestoreError;
  /** How many pages the secondary reported, at each checkpoint but the first. */
  readonly reported: readonly number[];
}

interface Plan {
  readonly checkpoints: number;
  /** How the primary's side ends: the secondary notices while it runs, or in the middle of a checkpoint. */
  readonly end: 'between checkpoints' | 'within a checkpoint';
  /** What becomes of the list of pages on its way back. */
  readonly backChannel?: (to: ByteSink, end: () => void) => ByteSink;
}

async function replicate({ checkpoints, end, backChannel = (to) => to }: Plan): Promise<Run> {
  const primary = await TestGuest.build(here, { ...SHAPE, cmdline: 'working-set=4M rate=8000' });
  await primary.start();
  const domid = await there.newDomain('hvm', SHAPE.memoryKib, SHAPE.vcpus);
  const backends = await ringBackends(there.hypervisor, domid);
  const [stream, back] = [new BytePipe(), new BytePipe()];
  const [running, wanted] = [new Words<void>(), new Words<'continue' | 'failover'>()];
  const reported: number[] = [];
  let secondary: TestGuest | undefined;
  let done = 0;
  let writesLeft = Number.POSITIVE_INFINITY;

  const saving = saveDomain({
    hypervisor: here.hypervisor,
    domid: primary.domid,
    live: true,
    debug: false,
    stream: 'colo',
    sink: {
      async writev(parts) {
        if (writesLeft-- <= 0) stream.end();
        await stream.writev(parts);
      },
    },
    backChannel: new ByteReader(byteSource(back)),
    callbacks: {
      ...primary.callbacks(),
      checkpoint: async () => 'continue',
      async postcopy() {
        await running.hear();
        await primary.resume();
        return 'continue';
      },
      async waitCheckpoint() {
        done++;
        const last = done === checkpoints;
        if (last && end === 'between checkpoints') {
          wanted.say('failover');
          return 'stop';
        }
        if (last) writesLeft = 1;
        wanted.say('continue');
        return 'continue';
      },
    },
  })
    .catch((e: SaveError) => e)
    .finally(() => stream.end());

  const restored = await restoreDomain({
    hypervisor: there.hypervisor,
    domid,
    ...backends,
    stream: 'colo',
    reader: new ByteReader(byteSource(stream)),
    backChannel: backChannel(
      {
        async writev(parts) {
          reported.push(parts.reduce((sum, { length }) => sum + length, -8) / 8);
          await back.writev(parts);
        },
      },
      () => back.end(),
    ),
    callbacks: {
      async checkpoint() {
        await secondary?.stopServing();
        return 'continue';
      },
      async restoreResults(rings) {
        secondary?.forgetText();
        secondary?.serveAnew();
        secondary ??= await TestGuest.attach(there, domid, rings, backends);
      },
      async postcopy() {
        if (done === 0) {
          await there.hypervisor.enableLogDirty(domid);
          await secondary!.run();
        } else await there.hypervisor.resumeDomain(domid);
        return 'continue';
      },
      async waitCheckpoint() {
        await secondary!.says(ALL_INTACT);
        running.say();
        return wanted.hear();
      },
      async suspend() {
        await secondary!.suspend();
        return 'continue';
      },
    },
  }).catch((e: RestoreError) => e);
  running.say();
  wanted.say('failover');
  back.end();
  return { primary, secondary: secondary!, saved: await saving, restored, reported };
}

async function destroyBoth({ primary, secondary }: Run): Promise<void> {
  for (const guest of [primary, secondary]) await guest.destroy();
}

test('the guest runs on both sides from checkpoint to checkpoint; when its primary is gone the secondary just goes on', async () => {
  const run = await replicate({ checkpoints: 4, end: 'between checkpoints' });
  expect(run.saved).toMatchObject({ cleanupErrors: [] });
  expect(run.restored).toMatchObject({ checkpoints: 4, failover: 'the sender is gone' });
  // Each time it wrote pages of its own before it was brought back to what the primary was.
  expect(run.reported.length).toBe(3);
  expect(Math.min(...run.reported)).toBeGreaterThan(10);
  run.secondary.forgetText();
  await run.secondary.says(/ 0 lost[\s\S]* 0 lost/);
  await destroyBoth(run);
});

test('a primary that dies within a checkpoint: the secondary goes on from where it was suspended for it', async () => {
  const run = await replicate({ checkpoints: 3, end: 'within a checkpoint' });
  expect(run.saved).toMatchObject({ code: 'WRITE' });
  expect(run.restored).toMatchObject({ checkpoints: 3, failover: expect.stringMatching(/ends|truncated/i) });
  run.secondary.forgetText();
  await run.secondary.resume();
  await run.secondary.says(/suspend cancelled on \d+, all \d+ pages intact[\s\S]* 0 lost/);
  await destroyBoth(run);
});

const HEADER = [0x0f, 0, 0, 0];
test.each([
  ['names a page that the guest can not have', [...HEADER, 8, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]],
  ['is of another kind', [0x0e, 0, 0, 0, 0, 0, 0, 0]],
  ['ends in its middle', [...HEADER, 8, 0, 0, 0, 1]],
  ['claims to be endless', [...HEADER, 0xf8, 0xff, 0xff, 0xff]],
] as const)('a list of pages that %s', async (_, bytes) => {
  const spoilt = (to: ByteSink, end: () => void): ByteSink => ({
    async writev() {
      await to.writev([Uint8Array.from(bytes)]);
      end();
    },
  });
  const run = await replicate({ checkpoints: 4, end: 'between checkpoints', backChannel: spoilt });
  expect(run.saved).toMatchObject({ code: 'BACK_CHANNEL', phase: 'stop-and-copy', cleanupErrors: [] });
  run.primary.forgetText();
  await run.primary.resume();
  await run.primary.says(/suspend cancelled on \d+, all \d+ pages intact/);
  await destroyBoth(run);
});

test('without its list of pages the secondary would be lost: the guest notices what it wrote itself', async () => {
  /** The receiver's side says that it wrote nothing. */
  const empty = (to: ByteSink): ByteSink => ({
    async writev(parts) {
      const record = await new LibxcReader(new ByteReader(byteSource(Buffer.concat(parts)))).next();
      expect(record).toMatchObject({ type: 'CHECKPOINT_DIRTY_PFN_LIST' });
      await new LibxcWriter(to).record({ type: 'CHECKPOINT_DIRTY_PFN_LIST', pfns: new Float64Array(0) });
    },
  });
  // A secondary that was given no time between two checkpoints has written nothing that could be lost.
  const ends: unknown[] = [];
  for (let tries = 0; tries < 8 && !ends.some((end) => isLoss(end)); tries++) {
    const run = await replicate({ checkpoints: 4, end: 'between checkpoints', backChannel: empty });
    ends.push(run.restored);
    await destroyBoth(run);
  }
  expect(ends.at(-1)).toMatchObject({ code: 'CHECKPOINT', message: expect.stringMatching(LOSS) });
});

const LOSS = /LOST WRITE|TORN WRITE/;
const isLoss = (end: unknown) => end instanceof Error && LOSS.test(end.message);
