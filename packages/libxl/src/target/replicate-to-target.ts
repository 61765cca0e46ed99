import { startTransport } from '../migrate/transport.js';
import { type ReplicateOptions, type ReplicationEnd, replicateDomain } from '../remus/replicate.js';
import type { Reach } from './reach.js';
import { type ReceiverRequest, receiverArguments } from './receiver.js';

export interface ReplicateToTargetOptions extends Omit<ReplicateOptions, 'connection'> {
  /** How the backup is reached (reachTarget). */
  readonly reach: Reach;
  /** What its receiver is asked beside. */
  readonly receiver?: ReceiverRequest;
}

/**
 * Keeps a copy of a running domain at another host, as `xl remus` does: starts what carries the checkpoints, and ends it
 * when the replication has ended (replicateDomain).
 *
 * @throws LibxlError where the replication can't be begun
 */
export async function replicateToTarget(options: ReplicateToTargetOptions): Promise<ReplicationEnd> {
  const { reach, receiver = {}, ...rest } = options;
  const transport = startTransport(reach(receiverArguments({ ...receiver, remus: true })));
  try {
    return await replicateDomain({ ...rest, connection: transport.connection });
  } finally {
    transport.kill();
  }
}
