import type { Choices } from '../../random.js';
import type { SoakGuest } from '../guest.js';
import { MIGRATE, MIGRATE_STOPPED } from './migrate.js';
import type { Operation } from './operation.js';
import { REMUS } from './remus.js';
import { RESTORE, SAVE, SAVE_CHAIN, SAVE_CHECKPOINT } from './save.js';
import { PAUSE, RENAME, REPLACE } from './small.js';

export const OPERATIONS: readonly Operation[] = [
  MIGRATE,
  MIGRATE_STOPPED,
  SAVE,
  RESTORE,
  SAVE_CHECKPOINT,
  SAVE_CHAIN,
  REMUS,
  PAUSE,
  RENAME,
  REPLACE,
];

/** One that suits the guest, by the operations' weights. */
export function chooseOperation(guest: SoakGuest, choices: Choices): Operation {
  const suiting = OPERATIONS.filter((operation) => operation.of === (guest.isSaved ? 'saved' : 'running'));
  return choices.one(suiting.flatMap((operation) => Array.from({ length: operation.weight }, () => operation)));
}
