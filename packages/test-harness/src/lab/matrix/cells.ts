/** Kinds of guests that the lab starts, and what is done with each (cells.sh has a function of each cell's name). */
export const GUESTS = ['pv64', 'pv32', 'pvh', 'hvm'] as const;
export type Guest = (typeof GUESTS)[number];

const BETWEEN_TOOLSTACKS = {
  our_create: 'our xl create, which has stock build the guest',
  stock_save_our_restore: 'stock xl save, our xl restore',
  our_save_stock_restore: 'our xl save, stock xl restore',
  stock_migrate_our_receive: 'stock xl migrate (live), our migrate-receive',
  our_migrate_stock_receive: 'our xl migrate (live), stock migrate-receive',
  our_migrate_our_receive: 'our xl migrate (live), our migrate-receive',
  stock_migrate_stock_receive: 'stock xl migrate (live), stock migrate-receive',
} as const;

/** Moments at which the receiver is killed (matrix/link); the guest must run on where it is. */
const FAILURES = {
  killed_before_banner: 'receiver killed before it is heard of: the source runs on',
  killed_at_header: 'receiver killed as the configuration travels: the source runs on',
  killed_in_memory: 'receiver killed in the first 4 MiB: the source runs on',
  killed_late_in_memory: 'receiver killed when most of the memory is there: the source runs on',
  killed_when_ready: 'receiver killed as it says that it is ready: the source runs on',
} as const;

/** A file as Xen 4.5 would have written it, made from one of today (src/legacy/from-v2.ts). Xen 4.5 had no PVH guests. */
const LEGACY = {
  our_restore_of_legacy: 'legacy file (64-bit toolstack), our xl restore',
  stock_restore_of_legacy: 'legacy file (64-bit toolstack), stock xl restore',
  stock_restore_of_converted: 'legacy file (32-bit toolstack), our convert-legacy-stream, stock xl restore',
} as const;

const TWO_HOSTS = {
  across_ssh: 'our xl migrate (live), our migrate-receive on another host by ssh',
} as const;

/** One interchange each way, on one machine. */
const QUICK = {
  guests: ['pv64', 'hvm'],
  cells: ['stock_save_our_restore', 'our_save_stock_restore'],
} as const satisfies { guests: readonly Guest[]; cells: readonly (keyof typeof BETWEEN_TOOLSTACKS)[] };

export const CELLS = { ...BETWEEN_TOOLSTACKS, ...FAILURES, ...LEGACY, ...TWO_HOSTS } as const;
export type CellName = keyof typeof CELLS;

/** How many machines a cell wants. */
export type Hosts = 'one' | 'two';

export interface Cell {
  readonly guest: Guest;
  readonly cell: CellName;
}

/** How much of it: all, or what is enough to see that the toolstacks still understand each other. */
export type Extent = 'whole' | 'quick';

export function guestsOfExtent(extent: Extent): readonly Guest[] {
  return extent === 'quick' ? QUICK.guests : GUESTS;
}

/** The cells of a guest; they follow each other, as one leaves the guest to the next. */
export function planCells(hosts: Hosts, guest: Guest, extent: Extent = 'whole'): Cell[] {
  return namesOf(hosts, guest, extent).map((cell) => ({ guest, cell }));
}

/** The script that runs a guest's cells in dom0. */
export function cellScript(hosts: Hosts, guest: Guest, extent: Extent = 'whole'): string {
  const command = hosts === 'one' ? 'cell' : 'cell_on_right';
  return [
    '. ./cells.sh',
    'destroy_all',
    'start_up',
    `configure ${guest}`,
    ...planCells(hosts, guest, extent).map(({ cell }) => `${command} ${guest} ${cell}`),
    'destroy_all',
    '',
  ].join('\n');
}

function namesOf(hosts: Hosts, guest: Guest, extent: Extent): CellName[] {
  if (extent === 'quick') return hosts === 'two' ? [] : [...QUICK.cells];
  if (hosts === 'two') return keysOf(TWO_HOSTS);
  const legacy = guest === 'pvh' ? [] : keysOf(LEGACY);
  return [...keysOf(BETWEEN_TOOLSTACKS), ...keysOf(FAILURES), ...legacy];
}

function keysOf<K extends string>(table: Readonly<Record<K, string>>): K[] {
  return Object.keys(table) as K[];
}
