import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Tools } from './tools.js';

const HOSTS = 'left,10.77.0.1,right,10.77.0.2';

/**
 * The keys of the lab's hosts and of their root, the same on each of them, for dom0's init (files/dom0-init.sh) to put
 * where sshd and ssh look. They are of use on the lab's private network alone.
 */
export async function writeKeys(tools: Tools, cache: string, share: string): Promise<void> {
  const key = join(cache, 'ssh-key');
  if (!existsSync(key)) {
    await tools.command('usr/bin/ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'lab', '-f', key]);
  }
  const folder = join(share, 'ssh');
  mkdirSync(folder, { recursive: true });
  copyFileSync(key, join(folder, 'key'));
  const shared = readFileSync(`${key}.pub`, 'utf8');
  writeFileSync(join(folder, 'key.pub'), shared);
  writeFileSync(join(folder, 'known_hosts'), `${HOSTS} ${shared}`);
}
