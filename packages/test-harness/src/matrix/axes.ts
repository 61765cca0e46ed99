/** Kinds of guests, as the format tells them apart. */
export const GUESTS = ['pv32', 'pv64', 'pvh', 'hvm'] as const;
export type GuestKind = (typeof GUESTS)[number];

/** What plays an HVM guest's devices; `none`: it runs without, as the embedded host can. */
export const DEVICE_MODELS = ['qemu-traditional', 'qemu-upstream', 'none'] as const;
export type DeviceModelName = (typeof DEVICE_MODELS)[number];

/** What is done with a guest; each is a file of scenarios/. */
export const OPERATIONS = [
  'save',
  'migrate',
  'migrate-stopped',
  'verify',
  'checkpoint',
  'failover',
  'upgrade',
] as const;
export type OperationName = (typeof OPERATIONS)[number];

/** A column of the matrix. */
export interface Column {
  readonly guest: GuestKind;
  /** Of HVM guests. */
  readonly deviceModel?: DeviceModelName;
}

export const COLUMNS: readonly Column[] = GUESTS.flatMap((guest): Column[] =>
  guest === 'hvm' ? DEVICE_MODELS.map((deviceModel) => ({ guest, deviceModel })) : [{ guest }],
);
