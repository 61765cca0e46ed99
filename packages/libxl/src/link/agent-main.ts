import { pipe } from './pipes.js';
import type { LinkPlan } from './plan.js';
import { AGENT_FD, type LinkOwner, type ReceivePlan, runReceiveAgent } from './receive-agent.js';
import { runSendAgent } from './send-agent.js';

export type AgentPlan = { readonly send: LinkPlan } | { readonly receive: ReceivePlan };

/** Entry of an agent's process; its plan is its argument, as JSON. */
async function main(): Promise<void> {
  // Whoever started it ends it by closing its pipes.
  for (const signal of ['SIGINT', 'SIGHUP', 'SIGPIPE'] as const) process.on(signal, () => {});
  // What an agent makes, its socket above all, is for its own user.
  process.umask(0o077);
  const plan = JSON.parse(process.argv[2] ?? '') as AgentPlan;
  if ('send' in plan) process.exit(await runSendAgent(plan.send));
  await runReceiveAgent(plan.receive, ownerOf());
  process.exit(0);
}

/** The process that opened the link waits for the end of its connection, which is here. */
function ownerOf(): LinkOwner {
  const input = pipe(AGENT_FD.input, 'read');
  const output = pipe(AGENT_FD.output, 'write');
  const destroy = () => {
    input.destroy();
    output.destroy();
  };
  const tell = (what: string) => {
    if (process.connected) process.send?.(what, undefined, {}, () => {});
  };
  // It was killed: as if its connection were its own.
  process.once('disconnect', destroy);
  return {
    connection: { input, output, destroy },
    onInterrupt: (stop) => process.on('message', stop),
    ready: () => tell('ready'),
    over() {
      tell('over');
      if (process.connected) process.disconnect();
    },
  };
}

await main();
