import type { ACTION_ON_SHUTDOWN } from '../../config/index.js';
import { EXIT_FAILURE, type Translation } from '../translation.js';
import type { Draft } from './draft.js';

type Action = keyof typeof ACTION_ON_SHUTDOWN;

const ACTIONS = new Map<string, Action>([
  ['destroy', 'destroy'],
  ['restart', 'restart'],
  ['rename-restart', 'restart_rename'],
  ['preserve', 'preserve'],
  ['coredump-destroy', 'coredump_destroy'],
  ['coredump-restart', 'coredump_restart'],
  ['soft-reset', 'soft_reset'],
]);

/** In the order in which stock reads the keys. */
const EVENTS = [
  ['on_poweroff', 'destroy'],
  ['on_reboot', 'restart'],
  ['on_watchdog', 'destroy'],
  ['on_crash', 'destroy'],
  ['on_soft_reset', 'soft-reset'],
] as const;

/** What is done when the guest ends. */
export function translateActions(t: Translation, { rest }: Draft): void {
  for (const [event, fallback] of EVENTS) {
    const name = t.lookup.string(event) ?? fallback;
    const action = ACTIONS.get(name);
    if (action === undefined) throw t.refuse(EXIT_FAILURE, `Unknown ${event} action "${name}" specified`);
    rest[event] = action;
  }
}
