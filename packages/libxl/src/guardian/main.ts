import { encodeLine, type GuardianMessage, LineSplitter, type OwnerMessage, type Plan } from './plan.js';

/**
 * Entry of a guardian's process: reads its owner's messages until they end, which is when the owner is gone, and then
 * carries out the last plan. Those that were read before it came up (wait.ts) are its arguments.
 */
async function main(): Promise<void> {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGPIPE'] as const) process.on(signal, () => {});
  // The owner that should hear it may be gone.
  process.stdout.on('error', () => {});
  const splitter = new LineSplitter();
  let plan: Plan = [];
  let handingOver: Promise<void> | undefined;
  const read = (line: string) => {
    const message = JSON.parse(line) as OwnerMessage;
    if (message.kind === 'plan') plan = message.plan;
    if (message.kind === 'expect') void hear(message.message);
    if (message.kind === 'hand-over') {
      handingOver = import('./hand-over.js').then((m) => m.handOverFromGuardian(message.source, answer));
      plan = [];
    }
  };
  for (const line of process.argv.slice(2)) if (line !== '') read(line);
  process.stdin.setEncoding('utf8');
  for await (const text of process.stdin) for (const line of splitter.push(String(text))) read(line);
  await handingOver;
  if (plan.length > 0) await (await import('./recover.js')).carryOut(plan);
  process.exit(0);
}

/** Not awaited: the owner may end while the peer says nothing. */
async function hear(message: Extract<OwnerMessage, { kind: 'expect' }>['message']): Promise<void> {
  const { hearPeer } = await import('./hear.js');
  answer(await hearPeer(message));
  // A sender's first message: while the guest still runs, what the end needs is made ready. It would cost downtime later.
  if (message === 'banner') (await import('./hand-over.js')).prepareHandOver();
}

function answer(message: GuardianMessage): void {
  process.stdout.write(encodeLine(message));
}

await main();
