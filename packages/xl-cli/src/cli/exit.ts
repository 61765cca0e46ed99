/** Exit codes of xl. */
export const EXIT = { success: 0, failure: 1, usage: 2 } as const;

/** Ends the command with a message that is written as it is. */
export class ExitError extends Error {
  override readonly name = 'ExitError';
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}
