import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

/** A module that one of our tools depends on, in the version it has. */
export async function of(tool, name) {
  const from = createRequire(import.meta.resolve(tool));
  return import(pathToFileURL(from.resolve(name)).href);
}
