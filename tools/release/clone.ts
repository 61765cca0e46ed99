import { copyFile, mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { root } from '../workspace.js';
import { run } from './command.js';

/**
 * Clones the repository into a new folder `to`, with what the repository's folder holds now: what is not committed is a
 * commit of the clone. Nothing is written to the repository.
 */
export async function cloneRepository(to: string, from = root): Promise<void> {
  const git = (at: string, ...args: string[]) => run('git', args, at, process.env);
  await git(from, 'clone', '--quiet', from, to);
  const changed = `${await git(from, 'diff', '--name-only', '-z', 'HEAD')}\0${await git(from, 'ls-files', '--others', '--exclude-standard', '-z')}`;
  const paths = changed.split('\0').filter((path) => path !== '');
  if (paths.length === 0) return;
  for (const path of paths) await takeOver(join(from, path), join(to, path));
  await git(to, 'add', '--all');
  const author = ['-c', 'user.name=rehearsal', '-c', 'user.email=rehearsal@localhost', '-c', 'commit.gpgsign=false'];
  await git(to, ...author, 'commit', '--quiet', '--no-verify', '--message', 'What is not committed yet');
}

async function takeOver(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  try {
    await copyFile(from, to);
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code !== 'ENOENT') throw e;
    await rm(to, { force: true });
  }
}
