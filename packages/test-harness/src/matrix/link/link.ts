import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { builtProgram } from '../../repository.js';
import type { LinkOrder } from './faults.js';

const PROGRAM = 'matrix-link.js';

/**
 * Writes what `xl migrate -s` can be given to reach another embedded host of this machine, as ssh would reach another
 * machine: HOST xl ARGUMENTS. What passes is kept, and it can fail.
 */
export function writeLink(folder: string, name: string, order: LinkOrder): string {
  const path = join(folder, `${name}.sh`);
  const settings = join(folder, `${name}.json`);
  writeFileSync(settings, JSON.stringify(order));
  const script = `#!/bin/sh\nshift 2\nexec '${process.execPath}' '${builtProgram(PROGRAM)}' '${settings}' "$@"\n`;
  writeFileSync(path, script, { mode: 0o755 });
  return path;
}
