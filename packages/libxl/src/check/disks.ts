import type { LibxlDomainConfig } from '../config/index.js';
import { type FileFacts, fileFacts, isSharedFileSystem } from './files.js';
import type { Finding } from './findings.js';

/** Paths of the disks that a domain takes along: both hosts must have them. */
export function diskPaths(config: LibxlDomainConfig): string[] {
  return (config.disks ?? [])
    .filter(({ format, pdev_path }) => format !== 'empty' && pdev_path !== undefined && pdev_path.startsWith('/'))
    .map(({ pdev_path }) => pdev_path ?? '');
}

/**
 * Whether both hosts have the same disks. `there`: what the target says of the paths; undefined where it can't be asked.
 */
export async function diskFindings(
  config: LibxlDomainConfig,
  there: readonly FileFacts[] | undefined,
  sameMachine: boolean,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const disk of config.disks ?? []) {
    const path = disk.pdev_path ?? '';
    if (disk.format === 'empty' || path === '') continue;
    if (!path.startsWith('/') || (disk.script ?? '') !== '') {
      findings.push(warning(`disk ${disk.vdev}: whether both hosts reach '${path}' is up to its script`));
    } else if (!sameMachine) {
      const finding = compare(
        disk.vdev ?? '',
        await fileFacts(path),
        there?.find((facts) => facts.path === path),
        there,
      );
      if (finding !== undefined) findings.push(finding);
    }
  }
  return findings;
}

function compare(
  vdev: string,
  here: FileFacts,
  there: FileFacts | undefined,
  answered: readonly FileFacts[] | undefined,
): Finding | undefined {
  const disk = `disk ${vdev} (${here.path})`;
  if (here.found === undefined) return warning(`${disk}: not to be seen here`);
  const local = here.found.kind === 'file' && !isSharedFileSystem(here.found.fileSystem);
  if (local) return problem(`${disk}: lies on a file system of this machine alone: the target has no such data`);
  if (answered === undefined) return warning(`${disk}: the target can't be asked whether it has it`);
  if (there?.found === undefined) return problem(`${disk}: is not there at the target`);
  if (there.found.kind !== here.found.kind)
    return problem(`${disk}: is a ${here.found.kind} here, a ${there.found.kind} there`);
  if (here.found.kind === 'block')
    return warning(`${disk}: a block device of that name is at both; that it is the same one is not proved`);
  const same = here.found.size === there.found.size && here.found.inode === there.found.inode;
  return same ? undefined : problem(`${disk}: is another file at the target`);
}

const problem = (text: string): Finding => ({ severity: 'problem', about: 'disk', text });
const warning = (text: string): Finding => ({ severity: 'warning', about: 'disk', text });
