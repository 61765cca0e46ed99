import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { builtProgram } from '../../repository.js';

const MAIN = builtProgram('qemu-dm.js');

/** A program that libxl can start as a qemu-dm. @throws Error before the packages are built */
export function writeTraditionalStarter(directory: string): string {
  if (!existsSync(MAIN)) throw new Error(`${MAIN} is missing: build first`);
  const starter = join(directory, 'qemu-dm');
  writeFileSync(starter, `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`);
  chmodSync(starter, 0o755);
  return starter;
}
