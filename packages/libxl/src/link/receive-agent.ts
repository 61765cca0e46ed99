import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Carrier, Outlet } from './carrier.js';
import { LinkEndpoint } from './endpoint.js';
import { CHANNEL } from './layouts.js';
import { BUFFERED, readBlocks, writeTo } from './pipes.js';
import { type Command, linkIdBytes, MAX_STREAMS } from './plan.js';

/** What the receiver's agent does. */
export interface ReceivePlan {
  readonly id: string;
  /** Where the processes of its connections meet it: in a directory that is private. */
  readonly socket: string;
  /** The receiver, which reads a migration on its standard input and answers on its standard output. */
  readonly receiver: Command;
}

/** Descriptors of the owner's connection in the agent. */
export const AGENT_FD = { input: 4, output: 5 } as const;

/** The process that opened the link; its connection, which is handed over to the agent, is the first one. */
export interface LinkOwner {
  readonly connection: Carrier;
  /** Calls back when somebody has interrupted it. */
  onInterrupt(stop: () => void): void;
  /** The link can be joined. */
  ready(): void;
  /** Its connection has ended. */
  over(): void;
}

/** Before a sender has said how long it tries. */
const FIRST_CONNECTION_MS = 30_000;
/**
 * A receiver that gave up before its sender would destroy what that still wants to send; and a sender may notice later
 * that a connection is gone.
 */
const LONGER_MS = 10_000;
/** No sender is waited for longer, whatever it says. */
const MOST_MS = 600_000;
const LAST_WORDS_MS = 2_000;
/** Broken ones that nobody has missed yet may still be there beside those that replace them. */
const MAX_CONNECTIONS = 2 * MAX_STREAMS;

/** What a process that has joined the link says over a connection of its own where somebody here has interrupted it: the receiver is to stop. */
export const INTERRUPT = Buffer.from('XLSTOP1\n');

/**
 * The receiver's agent: joins the connections of a link to a receiver's standard input and output, its standard error
 * too. A link without connections for somewhat longer than its sender tries is over: the receiver then sees the end of
 * its input.
 */
export async function runReceiveAgent(plan: ReceivePlan, owner: LinkOwner): Promise<void> {
  const child = spawn(plan.receiver.command, plan.receiver.args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const exit = new Promise<number>((resolve) => {
    child.once('error', () => resolve(127));
    child.once('exit', (code) => resolve(code ?? 1));
  });
  child.stdin.on('error', () => {});
  const stdin = new Outlet(child.stdin);
  const endpoint = new LinkEndpoint({
    id: linkIdBytes(plan.id),
    // What goes this way is short.
    compress: false,
    delivery: {
      // A receiver that no longer reads is written to in vain.
      data: (_channel, block) => stdin.write(block).catch(() => undefined),
      end: async () => {
        child.stdin.end();
      },
    },
  });
  // It ends as it would be interrupted itself, and the sender is told how.
  const stop = () => child.kill('SIGINT');
  owner.onInterrupt(stop);
  let over = false;
  const ended = (why: Error) => {
    if (!over) log(plan, `a connection has ended: ${why.message} (${endpoint.progress})`);
  };
  const server = createServer({ allowHalfOpen: true, ...BUFFERED }, (socket) => {
    socket.on('error', () => {});
    socket.once('readable', () => {
      const start = socket.read() as Buffer | null;
      if (start?.equals(INTERRUPT)) {
        stop();
        socket.destroy();
        return;
      }
      if (start !== null) socket.unshift(start);
      void endpoint.attach(carrierOf(socket)).then(ended);
    });
  });
  server.maxConnections = MAX_CONNECTIONS;
  const patience = watchConnections(endpoint);
  endpoint.finished.catch((e: Error) => {
    log(plan, `the link is given up: ${e.message} (${endpoint.progress})`);
    child.stdin.destroy();
  });
  server.listen(plan.socket, () => owner.ready());
  const first = endpoint.attach(owner.connection).then((why) => {
    ended(why);
    owner.over();
  });
  try {
    await Promise.all([
      readBlocks(child.stdout, (block) => endpoint.outgoing.data(CHANNEL.stream, block)),
      // What nobody can be told any more is kept.
      readBlocks(child.stderr, (block) =>
        endpoint.outgoing.data(CHANNEL.text, block).catch(() => writeTo(process.stderr, block)),
      ),
    ]).catch(() => undefined);
    await endpoint.end(await exit).catch(() => undefined);
    await endpoint.finished.catch(() => undefined);
    over = true;
    endpoint.close();
    // The last acknowledgement is on its way: the sender ends the connections when it has it.
    await Promise.race([first, sleep(LAST_WORDS_MS)]);
    await sleep(100);
  } finally {
    clearInterval(patience);
    server.close();
    rmSync(plan.socket, { force: true });
    await exit;
  }
}

/** In the agents' log. */
function log({ id }: ReceivePlan, text: string): void {
  process.stderr.write(`${new Date().toISOString()} link ${id.slice(0, 8)}: ${text}\n`);
}

function carrierOf(socket: Socket) {
  return { input: socket, output: socket, destroy: () => void socket.destroy() };
}

/** How long a link may be without connections; `told`: how long its sender tries, in milliseconds, where it has said so. */
export function patienceMs(told: number | undefined): number {
  return told === undefined ? FIRST_CONNECTION_MS : Math.min(told + LONGER_MS, MOST_MS);
}

function watchConnections(endpoint: LinkEndpoint): NodeJS.Timeout {
  let last = performance.now();
  return setInterval(() => {
    const now = performance.now();
    const allowed = patienceMs(endpoint.peerPatienceMs);
    if (endpoint.connections > 0) last = now;
    else if (now - last > allowed) endpoint.fail(new Error(`no connection came within ${allowed / 1000} s`));
  }, 500);
}
