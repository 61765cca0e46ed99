import type { Scenario } from '../scenario.js';
import { CHECKPOINT } from './checkpoint.js';
import { FAILOVER } from './failover.js';
import { MIGRATE } from './migrate.js';
import { MIGRATE_STOPPED } from './migrate-stopped.js';
import { SAVE } from './save.js';
import { UPGRADE } from './upgrade.js';
import { VERIFY } from './verify.js';

/** Every row of the matrix, in its order. */
export const ALL_SCENARIOS: readonly Scenario[] = [
  ...SAVE,
  ...MIGRATE,
  ...MIGRATE_STOPPED,
  ...VERIFY,
  ...CHECKPOINT,
  ...FAILOVER,
  ...UPGRADE,
];
