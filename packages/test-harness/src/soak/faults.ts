import { setTimeout as sleep } from 'node:timers/promises';
import { type HostProcess, killAll, processesWith } from '../matrix/host/processes.js';
import type { CommandResult, RunningCommand } from '../matrix/host/run-command.js';
import type { Task } from './task.js';

/** What can be done to any command at a random moment. */
export const SIGNAL_FAULTS = [
  'kill -9 of the command',
  'kill -9 of any of its processes',
  'kill -9 of its guardian',
  'Ctrl-C',
  'Ctrl-C twice',
] as const;
/** What can also be done to a migration. */
export const RECEIVER_FAULT = 'kill -9 of the receiver';
export type SignalFault = (typeof SIGNAL_FAULTS)[number] | typeof RECEIVER_FAULT;

const TWICE_MS = 20;
const POLL_MS = 15;

/** Does that to a command at a moment within its usual time, and waits for its end. */
export async function disturbed(task: Task, running: RunningCommand, fault: SignalFault): Promise<CommandResult> {
  const delay = task.choices.between(0, Math.round(task.usualMs * 1.1));
  await Promise.race([sleep(delay), running.result]);
  await strike(task, running, fault, delay);
  return running.result;
}

async function strike(task: Task, running: RunningCommand, fault: SignalFault, delay: number): Promise<void> {
  const at = `after ${delay} ms`;
  switch (fault) {
    case 'kill -9 of the command':
      task.log(`[kill -9 of the command ${at}]`);
      running.process.kill('SIGKILL');
      return;
    case 'Ctrl-C':
    case 'Ctrl-C twice':
      task.log(`[${fault} ${at}]`);
      running.process.kill('SIGINT');
      if (fault === 'Ctrl-C') return;
      await sleep(TWICE_MS);
      running.process.kill('SIGINT');
      return;
    case 'kill -9 of its guardian':
      return killOne(task, running, fault, at, ({ what }) => what === 'guardian');
    case 'kill -9 of the receiver':
      return killOne(task, running, fault, at, isReceiver);
    case 'kill -9 of any of its processes':
      return killOne(task, running, fault, at, ({ what }) => what === 'other');
  }
}

/** Waits until there is one. */
async function killOne(
  task: Task,
  running: RunningCommand,
  fault: SignalFault,
  at: string,
  isOne: (process: HostProcess) => boolean,
): Promise<void> {
  while (running.process.exitCode === null && running.process.signalCode === null) {
    const found = processesWith(task.variable).filter(isOne);
    if (found.length > 0) {
      const chosen = task.choices.one(found);
      task.log(`[${fault} ${at}: ${chosen.pid} ${chosen.command.slice(0, 120)}]`);
      killAll([chosen]);
      return;
    }
    await sleep(POLL_MS);
  }
  task.log(`[${fault}: it had ended before]`);
}

function isReceiver({ what, command }: HostProcess): boolean {
  return what === 'other' && /xl\.js'? .*migrate-receive/.test(command) && !/\.json|^sh |\/sh /.test(command);
}
