import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import module from 'node:module';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { XL } from '../testing/xl-process.js';

const home = mkdtempSync(join(tmpdir(), 'xl-home-'));
afterAll(() => rmSync(home, { recursive: true }));

/** Not Node's own name for it: where that is set, whoever set it has decided. */
const environment = { ...process.env, HOME: home, XDG_CACHE_HOME: home, TMPDIR: home, NODE_COMPILE_CACHE: undefined };

it('compiled code is kept where only the one who runs xl can have put it, whatever the environment says', () => {
  execFileSync(process.execPath, [XL, 'help'], { env: environment });
  expect(readdirSync(home)).toEqual([]);
  // Since Node 22.
  if (!('enableCompileCache' in module)) return;
  expect(existsSync(join(userInfo().homedir, '.cache', 'xen-migration', 'compiled'))).toBe(true);
});
