/** Kinds of guests that the lab starts, and what is done with each (cells.sh has a function of each cell's name). */
export const GUESTS = ['pv64', 'pvh', 'hvm'] as const;
export type Guest = (typeof GUESTS)[number];

export const CELLS = {
  stock_save_our_restore: 'stock xl save, our xl restore',
  our_save_stock_restore: 'our xl save, stock xl restore',
  stock_migrate_our_receive: 'stock xl migrate (live), our migrate-receive',
  our_migrate_stock_receive: 'our xl migrate (live), stock migrate-receive',
  our_migrate_our_receive: 'our xl migrate (live), our migrate-receive',
  stock_migrate_stock_receive: 'stock xl migrate (live), stock migrate-receive',
} as const;
export type CellName = keyof typeof CELLS;
export const CELL_NAMES = Object.keys(CELLS) as CellName[];

export interface Cell {
  readonly guest: Guest;
  readonly cell: CellName;
}

/** Every cell of the guests asked for; each guest's cells follow each other, as one leaves the guest to the next. */
export function planCells(guests: readonly Guest[]): Cell[] {
  return guests.flatMap((guest) => CELL_NAMES.map((cell) => ({ guest, cell })));
}

/** The script that runs them in dom0. */
export function cellScript(cells: readonly Cell[]): string {
  const guests = [...new Set(cells.map(({ guest }) => guest))];
  return [
    '. ./cells.sh',
    'destroy_all',
    'start_up',
    ...guests.flatMap((guest) => [
      `configure ${guest}`,
      ...cells.filter((it) => it.guest === guest).map(({ cell }) => `cell ${guest} ${cell}`),
      'destroy_all',
    ]),
    '',
  ].join('\n');
}
