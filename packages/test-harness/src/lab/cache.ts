import { createHash } from 'node:crypto';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where all that the lab makes is kept: XEN_LAB_DIR, or the user's cache folder (XDG). It can be deleted at any time. */
export function labDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  if (environment.XEN_LAB_DIR) return environment.XEN_LAB_DIR;
  return join(environment.XDG_CACHE_HOME || join(homedir(), '.cache'), 'xen-migration', 'lab');
}

/** Names what is made from given inputs: other inputs, another name. Order of properties does not matter, of lists it does. */
export function cacheKey(inputs: Readonly<Record<string, unknown>>): string {
  const sorted = Object.entries(inputs).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex').slice(0, 16);
}

/** Makes a folder by `make`, in full or not at all: it is filled under another name first. */
export async function makeWhole(folder: string, make: (unfinished: string) => Promise<void>): Promise<void> {
  const unfinished = `${folder}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  await make(unfinished);
  rmSync(folder, { recursive: true, force: true });
  renameSync(unfinished, folder);
}
