import type { Package } from '../workspace.js';
import { installAlone, problemOf } from './install-alone.js';
import type { NodeVersion } from './node-versions.js';

/** A package that was installed alone under a Node. */
export interface Trial {
  readonly name: string;
  readonly node: string;
  /** How many came with it, itself included. */
  readonly packages: number;
  readonly seconds: number;
  /** What went wrong, if anything did. */
  readonly problem?: string;
}

/** Installs a package alone from a registry, in the new folder `project`, and runs its example. Never throws. */
export async function tryAlone(of: Package, registry: string, node: NodeVersion, project: string): Promise<Trial> {
  const start = Date.now();
  const done = (packages: number, problem?: string): Trial => ({
    name: of.name,
    node: node.version,
    packages,
    seconds: (Date.now() - start) / 1000,
    ...(problem === undefined ? {} : { problem }),
  });
  try {
    const alone = await installAlone({ of, registry, project, env: node.env });
    return done(alone.installed.length, problemOf(alone));
  } catch (e) {
    return done(0, e instanceof Error ? e.message : String(e));
  }
}
