import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { refreshPackageLists, unpackPackages } from './debian-packages.js';
import { cacheFolder } from './repository.js';

const PACKAGE = 'xen-utils-4.17';
const CACHE = `${cacheFolder}/xen-tools`;
const XEN = 'usr/lib/xen-4.17';
const MODULES = `${XEN}/lib/python`;

/** Xen's own python modules and the script that converts legacy streams. */
export interface FoundXenTools {
  readonly python: string;
  /** For PYTHONPATH. */
  readonly modules: string;
  /** convert-legacy-stream. */
  readonly converter: string;
}

/** Xen's own tools, or why there are none. */
export type XenTools = FoundXenTools | { readonly missing: string };

/**
 * Finds the python tools of Debian's xen-utils-4.17: in XEN_TOOLS_DIR (an unpacked package), in the cache, or else
 * downloads the package into the cache. Needs python3, apt and dpkg; no root, and nothing is installed.
 */
export function xenTools(): XenTools {
  if (spawnSync('python3', ['--version']).status !== 0) return { missing: 'there is no python3' };
  const folders = [process.env.XEN_TOOLS_DIR, `${CACHE}/${PACKAGE}`].filter((folder) => folder !== undefined);
  const found = folders.find((folder) => existsSync(`${folder}/${MODULES}/xen/migration/libxc.py`));
  if (found !== undefined) return toolsIn(found);
  const failure = fetchPackage();
  return failure === undefined
    ? toolsIn(`${CACHE}/${PACKAGE}`)
    : { missing: `${PACKAGE} could not be fetched: ${failure}` };
}

function toolsIn(folder: string): FoundXenTools {
  return {
    python: 'python3',
    modules: `${folder}/${MODULES}`,
    converter: `${folder}/${XEN}/bin/convert-legacy-stream`,
  };
}

function fetchPackage(): string | undefined {
  if (unpackPackages([PACKAGE], `${CACHE}/${PACKAGE}`) === undefined) return undefined;
  refreshPackageLists();
  return unpackPackages([PACKAGE], `${CACHE}/${PACKAGE}`);
}
