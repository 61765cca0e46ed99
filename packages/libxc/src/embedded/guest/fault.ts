export type FaultKind = 'PAGE' | 'PROTECTION' | 'INVALID_OPCODE' | 'OVERFLOW' | 'ALIGNMENT' | 'PANIC';

/** What a guest can't go on from: a wild address, a bad page table, no instruction at rip. The domain crashes. */
export class GuestFault extends Error {
  override readonly name = 'GuestFault';
  constructor(
    readonly kind: FaultKind,
    message: string,
  ) {
    super(message);
  }
}
