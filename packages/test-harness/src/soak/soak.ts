import { rmSync } from 'node:fs';
import { COLUMNS, type Column } from '../matrix/axes.js';
import { killAll, processesWith } from '../matrix/host/processes.js';
import { isValid } from '../matrix/scenarios/save.js';
import { Choices, partSeed } from '../random.js';
import { decide } from './decide.js';
import { evidenceOf } from './evidence.js';
import type { Field } from './field.js';
import { SoakGuest } from './guest.js';
import { copiesOf, type Expectation, oneCopy, RECOVERY_MS, workDone } from './invariant.js';
import { chooseOperation } from './operations/index.js';
import { createAnew } from './operations/small.js';
import type { OperationRecord, SoakFailure } from './report.js';
import { growthSince, leftInField, type ResourceSample, sampleOf } from './resources.js';
import { Task } from './task.js';

export interface SoakSettings {
  readonly seed: number;
  readonly guests: number;
  /** Guests with which something is done at the same time. */
  readonly parallel: number;
  readonly keepGoing: boolean;
  /** Seconds between two counts of everything. */
  readonly inventorySeconds: number;
  /** How long guardians may take to put things right. */
  readonly recoveryMs?: number;
  /** Each operation, as it ends, with all that was done and said. */
  readonly onOperation?: (record: OperationRecord, log: string) => void;
  readonly onFailure?: (failure: SoakFailure) => void;
  readonly onInventory?: (samples: readonly ResourceSample[]) => void;
}

const USUAL_MS = 1500;
const INVENTORY = 'count';
/** Before a count, of a guest that could not be saved and was created anew. */
const SAVE_TIMES = 3;

/** Random operations on many guests, until the time is over or something does not hold. */
export class Soak {
  readonly records: OperationRecord[] = [];
  readonly failures: SoakFailure[] = [];
  readonly samples: ResourceSample[] = [];
  readonly guests: SoakGuest[];
  inventories = 0;
  private readonly began = Date.now();
  private readonly choices: readonly Choices[];
  /** Milliseconds, of each operation that nothing was done to. */
  private readonly usual = new Map<string, number>();
  private numbers = 0;
  /** Of the random ones. */
  private operated = 0;
  private stopped = false;

  constructor(
    readonly field: Field,
    private readonly settings: SoakSettings,
  ) {
    const columns = columnsHere(field);
    this.guests = Array.from({ length: settings.guests }, (_, i) => {
      const name = `guest-${i + 1}`;
      return new SoakGuest(i + 1, name, columns[i % columns.length] as Column, field.guestFolder(name));
    });
    this.choices = this.guests.map(({ number }) => new Choices(partSeed(settings.seed, `guest ${number}`)));
  }

  /** Ends it after what goes on now. */
  stop(): void {
    this.stopped = true;
  }

  get seconds(): number {
    return (Date.now() - this.began) / 1000;
  }

  /** Runs for so long, or so many operations. Everything is counted before, now and then, and at the end. */
  async run(seconds: number, operations = Number.POSITIVE_INFINITY): Promise<void> {
    await this.count();
    await this.createAll();
    const end = this.seconds + seconds;
    const over = () => this.stopped || this.seconds >= end || this.operated >= operations;
    do {
      const next = this.seconds + this.settings.inventorySeconds;
      await this.operateUntil(() => over() || this.seconds >= next);
      if (this.failures.length > 0 && !this.settings.keepGoing) return;
      await this.inventory();
      if (!over()) await this.restoreAll();
    } while (!over());
  }

  /** One operation with that guest, chosen by its seed. */
  async operate(guest: SoakGuest): Promise<void> {
    this.operated += 1;
    const choices = this.choicesOf(guest);
    const operation = chooseOperation(guest, choices);
    const usualMs = this.usual.get(operation.name) ?? USUAL_MS;
    const task = this.taskFor(guest, usualMs);
    await this.attempt(task, operation.name, async () => {
      const began = Date.now();
      const expected = await operation.run(task);
      if (task.fault === 'none') this.usual.set(operation.name, (usualMs + Date.now() - began) / 2);
      await this.settle(task, expected);
      await operation.afterwards?.(task, guest.place);
    });
  }

  /** Waits for what was begun, and holds the guest against what is expected of it. */
  async settle(task: Task, expected: Expectation): Promise<void> {
    const patienceMs = this.settings.recoveryMs ?? RECOVERY_MS;
    await workDone(task.variable, patienceMs);
    if (expected.undecided === true) await decide(task);
    task.guest.is(await oneCopy(this.field, task.guest, expected, patienceMs));
  }

  /** All guests are saved, and everything is counted: the hosts must be as they were when they were empty. */
  async inventory(): Promise<void> {
    for (let times = 0; times < SAVE_TIMES; times++) {
      for (const guest of this.guests) if (!guest.isSaved) await this.saveFor(guest);
      if (this.failures.length > 0 && !this.settings.keepGoing) return;
    }
    // One that could not be saved was created anew each time: what is there is its own.
    if (this.guests.every(({ isSaved }) => isSaved)) await this.count();
  }

  private async saveFor(guest: SoakGuest): Promise<void> {
    const task = this.taskFor(guest, USUAL_MS);
    await this.attempt(task, `${INVENTORY}: save`, async () => {
      await task.succeeds(guest.host, 'save', guest.name, guest.file);
      await this.settle(task, { hosts: [], saved: true });
      await isValid(task, guest.file);
    });
  }

  /** Creates those that are not there. */
  async createAll(): Promise<void> {
    for (const guest of this.guests) {
      const task = this.taskFor(guest, USUAL_MS);
      await this.attempt(task, 'create', async () => {
        await this.settle(task, { hosts: [await createAnew(task)] });
      });
    }
  }

  private async restoreAll(): Promise<void> {
    for (const guest of this.guests) {
      // Some stay in their files.
      if (!guest.isSaved || this.choicesOf(guest).happens(0.2)) continue;
      const host = this.choicesOf(guest).one(this.field.hosts);
      const task = this.taskFor(guest, USUAL_MS);
      await this.attempt(task, `${INVENTORY}: restore`, async () => {
        await task.succeeds(host, 'restore', guest.file);
        await this.settle(task, { hosts: [host], fileStays: true });
        rmSync(guest.file);
      });
    }
  }

  /** The hosts are empty. */
  private async count(): Promise<void> {
    const left = await leftInField(this.field, this.settings.recoveryMs);
    const samples = await this.sample(true);
    for (const now of samples) {
      const [first = now, used = now] = this.samples.filter(({ empty, host }) => empty && host === now.host);
      left.push(...growthSince(first, used, now).map((what) => `${now.host}: ${what}`));
    }
    if (left.length > 0) {
      this.fail(this.numbers, '-', INVENTORY, 'none', `left: ${left.join('; ')}`, await evidenceOf(this.field));
      this.stopped ||= !this.settings.keepGoing;
    }
    this.inventories += 1;
    this.settings.onInventory?.(samples);
  }

  private async sample(empty: boolean): Promise<ResourceSample[]> {
    const taken: ResourceSample[] = [];
    for (const host of this.field.hosts) taken.push(await sampleOf(host, empty, this.seconds));
    this.samples.push(...taken);
    return taken;
  }

  /** Several at a time, each guest as often as the others. */
  private async operateUntil(over: () => boolean): Promise<void> {
    const waiting = [...this.guests];
    const worker = async () => {
      while (!over() && !this.stopped) {
        const guest = waiting.shift();
        if (guest === undefined) return;
        await this.operate(guest);
        waiting.push(guest);
      }
    };
    await Promise.all(Array.from({ length: Math.min(this.settings.parallel, this.guests.length) }, worker));
    if (!this.stopped) await this.sample(false);
  }

  private taskFor(guest: SoakGuest, usualMs: number): Task {
    return new Task(++this.numbers, this.field, guest, this.choicesOf(guest), usualMs);
  }

  private choicesOf(guest: SoakGuest): Choices {
    const choices = this.choices[guest.number - 1];
    if (choices === undefined) throw new Error(`there is no guest ${guest.number}`);
    return choices;
  }

  /** Does it and writes it down, whatever comes of it. */
  private async attempt(task: Task, operation: string, work: () => Promise<void>): Promise<void> {
    const { guest, number } = task;
    const at = this.seconds;
    const described = { number, at, guest: guest.name, kind: guest.kind, operation };
    let why: string | undefined;
    try {
      await work();
    } catch (e) {
      why = e instanceof Error ? e.message : String(e);
    }
    const record: OperationRecord = {
      ...described,
      seconds: this.seconds - at,
      fault: task.fault,
      ...(why === undefined ? { place: guest.place === 'file' ? 'file' : guest.place.host.name } : {}),
      ...(task.downtimeMs === undefined ? {} : { downtimeMs: task.downtimeMs }),
      ...(task.decisions.length === 0 ? {} : { decisions: task.decisions }),
    };
    this.records.push(record);
    const log = [...task.lines, ...task.decisions, ...(why === undefined ? [] : [`FAILED: ${why}`])].join('\n');
    this.settings.onOperation?.(record, log);
    if (why === undefined) {
      await task.endCommands();
      rmSync(this.field.operationFolder(number), { recursive: true, force: true });
      return;
    }
    this.fail(number, guest.name, operation, task.fault, why, `${log}\n${await evidenceOf(this.field, guest)}`);
    if (this.settings.keepGoing) await this.renew(task);
    else this.stopped = true;
  }

  private fail(number: number, guest: string, operation: string, fault: string, why: string, log: string): void {
    const failure: SoakFailure = { number, guest, operation, fault, why, log };
    this.failures.push(failure);
    this.settings.onFailure?.(failure);
  }

  /** After a failure the guest is ended wherever it is, and created anew. */
  private async renew(task: Task): Promise<void> {
    const { guest, field } = task;
    await task.endCommands();
    killAll(processesWith(task.variable).filter(({ what }) => what !== 'daemon'));
    for (const { host, domain } of await copiesOf(field, guest)) {
      await field.packages.libxl.destroyDomain(host.host, domain.domid).catch(() => {});
    }
    for (const name of guest.files()) rmSync(guest.fileOf(name));
    const again = this.taskFor(guest, USUAL_MS);
    await this.attempt(again, 'create', async () => {
      await this.settle(again, { hosts: [await createAnew(again)] });
    });
  }
}

/** Kinds of guests whose device models are here; those without one come first. */
function columnsHere({ programs }: Field): Column[] {
  const isHere = ({ deviceModel = 'none' }: Column) => deviceModel === 'none' || !('missing' in programs[deviceModel]);
  const needs = ({ deviceModel = 'none' }: Column) => Number(deviceModel !== 'none');
  return COLUMNS.filter(isHere).sort((a, b) => needs(a) - needs(b));
}
