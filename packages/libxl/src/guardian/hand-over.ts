import { descriptorSink, descriptorSource } from '@xen-migration/libxc';
import { ByteReader } from '@xen-migration/stream-format';
import { textOf } from '../errors.js';
import { type Host, openHost } from '../host/open-host.js';
import { handOver } from '../migrate/hand-over.js';
import { keepSource } from '../migrate/keep-source.js';
import { GUARDIAN_FD, type GuardianMessage, type HandOverOutcome, type HandOverSource } from './plan.js';

let opening: Promise<Host> | undefined;

/** Connects to the host while the guest still runs: it would cost downtime later. */
export function prepareHandOver(): void {
  opening = openHost();
  // Then it is tried once more, and said.
  opening.catch(() => {
    opening = undefined;
  });
}

/** The final handshake in the guardian: it goes on whatever becomes of the process that asked for it. */
export async function handOverFromGuardian(
  { domid, name }: HandOverSource,
  answer: (message: GuardianMessage) => void,
): Promise<void> {
  let outcome: HandOverOutcome;
  const host = await (opening ?? openHost());
  try {
    outcome = await handOver({
      host,
      domid,
      name,
      reader: new ByteReader(descriptorSource(GUARDIAN_FD.fromPeer)),
      sink: descriptorSink(GUARDIAN_FD.toPeer),
      onEvent: (event) => answer({ kind: 'event', event }),
    });
    if (outcome.kind === 'failed') {
      const problems = await keepSource(host, domid, name);
      if (problems.length > 0) process.stderr.write(`domain ${domid}: ${problems.join('; ')}\n`);
    }
  } catch (e) {
    outcome = { kind: 'unknown', why: textOf(e) };
  } finally {
    await host.close();
  }
  answer({ kind: 'handed-over', outcome });
}
