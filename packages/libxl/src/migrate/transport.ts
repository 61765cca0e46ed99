import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { type Command, type LinkEvent, type LinkOrder, SILENCE_MS } from '../link/plan.js';
import { type MigrationConnection, type MigrationPhase, streamConnection } from './connection.js';

/** How a transport's process ended. */
export type TransportEnd =
  | { readonly kind: 'exit'; readonly status: number }
  | { readonly kind: 'signal'; readonly signal: NodeJS.Signals }
  | { readonly kind: 'not-started'; readonly error: Error };

/** A process that carries a migration to its receiver: ssh, a receiver on this machine, a link's agent. */
export interface RunningTransport {
  readonly pid: number | undefined;
  readonly connection: MigrationConnection;
  readonly ended: Promise<TransportEnd>;
  /** Ends the process. */
  kill(): void;
}

export interface TransportOptions {
  /** Of a link's agent (linkCommand). */
  readonly onLink?: (event: LinkEvent) => void;
  /** What the process says on its standard error; default: it goes to ours. */
  readonly onText?: (text: string) => void;
  /** Of a link's agent: how long it tries while the guest runs. */
  readonly patienceMs?: number;
}

/** While the guest stands still it is better resumed here than kept waiting for a link. */
const SUSPENDED_PATIENCE_MS = 5_000;
const SUSPENDED_SILENCE_MS = 10_000;
/** Once the target may start it, only the target's word says where it runs. */
const GIVEN_PATIENCE_MS = 60_000;

/** Starts a transport's process. */
export function startTransport({ command, args }: Command, options: TransportOptions = {}): RunningTransport {
  const { onLink, onText } = options;
  const child = spawn(command, args, {
    stdio: [
      'pipe',
      'pipe',
      onText === undefined ? 'inherit' : 'pipe',
      ...(onLink === undefined ? [] : ['ipc' as const]),
    ],
  });
  if (onLink !== undefined) child.on('message', (event) => onLink(event as LinkEvent));
  if (onText !== undefined) child.stderr?.setEncoding('utf8').on('data', onText);
  const exited = new Promise<TransportEnd>((resolve) => {
    child.once('error', (error) => resolve({ kind: 'not-started', error }));
    child.once('exit', (code, signal) =>
      resolve(signal === null ? { kind: 'exit', status: code ?? 0 } : { kind: 'signal', signal }),
    );
  });
  // What it told last may come after its end.
  const told = onLink === undefined ? undefined : new Promise<void>((resolve) => child.once('disconnect', resolve));
  const ended = exited.then(async (end) => {
    if (end.kind !== 'not-started') await told;
    return end;
  });
  const { stdin, stdout } = child as ChildProcess & { stdin: Writable; stdout: Readable };
  const connection = streamConnection(stdout, stdin);
  const orders = ordersOf(options.patienceMs ?? 0);
  return {
    pid: child.pid,
    ended,
    connection: onLink === undefined ? connection : { ...connection, phase: (phase) => tell(child, orders[phase]) },
    kill() {
      if (child.exitCode === null) child.kill('SIGTERM');
      child.unref();
    },
  };
}

function ordersOf(running: number): Readonly<Record<MigrationPhase, LinkOrder>> {
  const suspended = Math.min(running, SUSPENDED_PATIENCE_MS);
  const given = Math.max(running, GIVEN_PATIENCE_MS);
  return {
    suspended: { patienceMs: suspended, silenceMs: SUSPENDED_SILENCE_MS, limited: false },
    given: { patienceMs: given, silenceMs: SILENCE_MS, limited: false },
  };
}

function tell(child: ChildProcess, order: LinkOrder): void {
  if (child.connected) child.send(order, () => {});
}
