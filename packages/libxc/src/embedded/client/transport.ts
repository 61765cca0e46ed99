import type { OperationArgs, OperationName, OperationResult } from '../wire/operations.js';

/** How a client's operations reach its host: in the same process, or over the daemon's socket. */
export interface Transport {
  /** @throws HypervisorError */
  perform<N extends OperationName>(name: N, ...args: OperationArgs<N>): Promise<OperationResult<N>>;
  /** Ends the connection: all that the host holds for it is released. */
  close(): Promise<void>;
}
