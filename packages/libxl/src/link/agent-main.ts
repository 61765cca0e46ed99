import type { LinkPlan } from './plan.js';
import { type ReceivePlan, runReceiveAgent } from './receive-agent.js';
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
  await runReceiveAgent(plan.receive, () => {
    process.send?.('ready', undefined, {}, () => process.disconnect());
  });
  process.exit(0);
}

await main();
