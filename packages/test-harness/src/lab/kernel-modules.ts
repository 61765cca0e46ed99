import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** The modules of a kernel, by name. */
export class KernelModules {
  private readonly paths = new Map<string, string>();

  /** `folder`: /usr/lib/modules/RELEASE. */
  constructor(folder: string) {
    for (const path of readdirSync(join(folder, 'kernel'), { recursive: true, encoding: 'utf8' })) {
      if (path.endsWith('.ko')) this.paths.set(moduleName(path), join(folder, 'kernel', path));
    }
  }

  /** Paths of these modules and of what they need, in the order in which they can be loaded. */
  withDependencies(names: readonly string[]): string[] {
    const order: string[] = [];
    const visit = (name: string) => {
      const path = this.paths.get(moduleName(name));
      // What the kernel has built in has no file.
      if (path === undefined || order.includes(path)) return;
      for (const dependency of dependenciesOf(readFileSync(path))) visit(dependency);
      order.push(path);
    };
    for (const name of names) visit(name);
    return order;
  }
}

/** The kernel takes '-' and '_' in a module's name for the same. */
function moduleName(path: string): string {
  return basename(path, '.ko').replaceAll('-', '_');
}

/** The 'depends=' line of a module's .modinfo section, whose strings end with NUL. */
export function dependenciesOf(module: Buffer): string[] {
  const at = module.indexOf('\0depends=');
  if (at < 0) return [];
  const begin = at + '\0depends='.length;
  const list = module.toString('latin1', begin, module.indexOf(0, begin));
  return list.split(',').filter((name) => name !== '');
}
