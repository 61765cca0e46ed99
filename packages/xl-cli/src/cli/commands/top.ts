import { setTimeout as sleep } from 'node:timers/promises';
import { type HostSample, sampleHost } from '@xen-migration/libxl';
import { defineCommand } from '../command.js';
import type { Context } from '../context.js';
import { EXIT, ExitError } from '../exit.js';
import { openScreen } from '../top/screen.js';
import { SORT_KEYS, type SortKey, type TableOptions, tableHeader, tableRows, topHeader } from '../top/table.js';

const DELAY_SECONDS = 3;

interface Wishes extends TableOptions {
  readonly vcpus: boolean;
  readonly delayMs: number;
  /** 0: until it is ended. */
  readonly iterations: number;
}

export const top = defineCommand(
  {
    name: 'top',
    summary: 'Monitor a host and the domains in real time',
    usage: '',
    options: {
      batch: { short: 'b', long: 'batch', about: 'Print a table for each round: no screen, no keys.' },
      delay: { short: 'd', long: 'delay', value: 'SECONDS', about: `Seconds between two rounds (${DELAY_SECONDS}).` },
      iterations: { short: 'i', long: 'iterations', value: 'N', about: 'End after N rounds.' },
      fullNames: { short: 'f', long: 'full-name', about: 'Do not cut names.' },
      vcpus: { short: 'v', long: 'vcpus', about: 'Show the time of each vcpu, too.' },
      sort: { short: 's', long: 'sort', value: 'KEY', about: `Order: ${SORT_KEYS.join(', ')}.` },
    },
    operands: 0,
    mostOperands: 0,
    details: 'Keys: q ends, s changes the order, v shows the vcpus.',
  },
  async (context, { options }) => {
    const wishes: Wishes = {
      sort: sortKey(options.sort ?? 'domid'),
      fullNames: options.fullNames,
      vcpus: options.vcpus,
      delayMs: number('delay', options.delay ?? String(DELAY_SECONDS)) * 1000,
      iterations: number('iterations', options.iterations ?? '0'),
    };
    if (!options.batch && !(process.stdout.isTTY === true && process.stdin.isTTY === true)) {
      throw new ExitError(EXIT.failure, "xl: 'xl top' needs a terminal; -b prints tables\n");
    }
    await (options.batch ? batch(context, wishes) : screen(context, wishes));
    return EXIT.success;
  },
);

function number(name: string, text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  throw new ExitError(EXIT.usage, `xl: --${name} takes a number, not '${text}'\n`);
}

function sortKey(text: string): SortKey {
  const key = SORT_KEYS.find((known) => known === text);
  if (key !== undefined) return key;
  throw new ExitError(EXIT.usage, `xl: --sort takes one of ${SORT_KEYS.join(', ')}\n`);
}

const goesOn = (wishes: Wishes, round: number): boolean => wishes.iterations === 0 || round < wishes.iterations;

async function batch(context: Context, wishes: Wishes): Promise<void> {
  const host = await context.host();
  let before: HostSample | undefined;
  for (let round = 0; goesOn(wishes, round); round++) {
    if (round > 0) await sleep(wishes.delayMs, undefined, { signal: context.signal }).catch(() => undefined);
    if (context.signal.aborted) return;
    const sample = await sampleHost(host, wishes.vcpus);
    const lines = [tableHeader(sample, wishes), ...tableRows(sample, before, wishes)];
    context.out(`${lines.join('\n')}\n`);
    before = sample;
  }
}

async function screen(context: Context, given: Wishes): Promise<void> {
  const host = await context.host();
  const display = openScreen(context.out);
  let wishes = given;
  let before: HostSample | undefined;
  try {
    for (let round = 0; goesOn(wishes, round) && !context.signal.aborted; round++) {
      const sample = await sampleHost(host, wishes.vcpus);
      display.draw([
        ...topHeader(sample, new Date()),
        tableHeader(sample, wishes),
        ...tableRows(sample, before, wishes),
      ]);
      if (!goesOn(wishes, round + 1)) return;
      const key = await display.key(wishes.delayMs);
      if (key === 'q') return;
      wishes = afterKey(wishes, key);
      // A key redraws at once: the share of the CPU is still that of a whole round.
      if (key === undefined) before = sample;
    }
  } finally {
    display.close();
  }
}

function afterKey(wishes: Wishes, key: string | undefined): Wishes {
  if (key === 'v') return { ...wishes, vcpus: !wishes.vcpus };
  if (key !== 's') return wishes;
  const next = SORT_KEYS[(SORT_KEYS.indexOf(wishes.sort) + 1) % SORT_KEYS.length];
  return { ...wishes, sort: next ?? 'domid' };
}
