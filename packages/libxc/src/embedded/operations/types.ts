import type { Connection } from '../connection.js';
import type { HostState } from '../host-state.js';
import type { OperationArgs, OperationName, OperationResult } from '../wire/operations.js';

/** What carries an operation out in the host. */
export type Handler<N extends OperationName> = (
  host: HostState,
  connection: Connection,
  ...args: OperationArgs<N>
) => OperationResult<N> | Promise<OperationResult<N>>;

export type Handlers<N extends OperationName = OperationName> = { readonly [K in N]: Handler<K> };
