import { readdirSync, readFileSync } from 'node:fs';
import type { XlHost } from './xl-process.js';

export interface FoundProcess {
  readonly pid: number;
  readonly arguments: readonly string[];
}

/** The processes that work on a host now; Linux tells. */
export function processesOf({ directory }: XlHost): FoundProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => fieldsOf(pid, 'environ').includes(`XEN_EMBEDDED_DIR=${directory}`))
    .map((pid) => ({ pid: Number(pid), arguments: fieldsOf(pid, 'cmdline') }));
}

function fieldsOf(pid: string, file: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1').split('\0');
  } catch {
    // It has ended meanwhile, or is somebody else's.
    return [];
  }
}
