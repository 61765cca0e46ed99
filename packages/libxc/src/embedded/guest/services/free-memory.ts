/** Memory that the kernel found free, as addresses; `high` is empty but for large HVM guests. */
export interface FreeMemory {
  readonly low: Stretch;
  readonly high: Stretch;
}

export interface Stretch {
  readonly address: number;
  readonly pages: number;
}
