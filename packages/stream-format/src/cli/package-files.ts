import { existsSync, readFileSync } from 'node:fs';

/** A text file of this package, whether the code that runs is its sources or the build. */
export function packageText(path: string): string {
  return readFileSync(new URL(path, packageFolder()), 'utf8');
}

function packageFolder(): URL {
  let folder = new URL('.', import.meta.url);
  while (!existsSync(new URL('package.json', folder))) folder = new URL('..', folder);
  return folder;
}
