/** Contents of a record that are not what its type says. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
  readonly code = 'BAD_CONTENT';
  constructor(
    /** What was being decoded, e.g. 'HVM_CONTEXT' or 'vcpu_guest_context'. */
    readonly structure: string,
    readonly detail: string,
    /** Byte offset in the contents, where the fault has a place. */
    readonly offset?: number,
  ) {
    super(`${structure}${offset === undefined ? '' : ` at offset ${offset}`}: ${detail}`);
  }
}
