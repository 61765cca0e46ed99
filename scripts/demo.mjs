// npm run demo: installs, builds, then does the main job on a host of its own, with the commands that a person types,
// and ends by saying what it showed.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { root, setup } from './setup.mjs';

setup();

const folder = mkdtempSync(join(tmpdir(), 'xen-demo-'));
const env = { ...process.env, XEN_EMBEDDED_DIR: join(folder, 'host'), XEN_EMBEDDED_IDLE: '2' };
const shown = [];

function command(words, expected = 0) {
  process.stdout.write(`\n$ ${words.join(' ')}\n`);
  const [name, ...args] = words;
  const done = spawnSync(`${root}node_modules/.bin/${name}`, args, {
    env,
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const text = done.stdout.toString();
  process.stdout.write(text);
  if (done.status !== expected) throw new Error(`'${words.join(' ')}' ended with ${done.status}, not ${expected}`);
  return text;
}

function pause(seconds) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, seconds * 1000);
}

/** What the guest itself says of its memory, on its console. */
function guestSays(name) {
  const lines = command(['xl', 'console', '--dump', name]).trim().split('\n');
  const last = lines.filter((line) => line.includes('selfcheck')).at(-1) ?? '';
  if (!last.includes('0 lost')) throw new Error(`the guest does not say that its memory is whole: ${last}`);
  return last;
}

try {
  const cfg = `${root}packages/xl-cli/examples/my-vm.cfg`;
  command(['xl', 'create', cfg]);
  command(['xl', 'list']);
  pause(1.5);
  guestSays('my-vm');
  shown.push('a guest was created and checks every page that it writes');

  command(['xl', 'migrate', 'my-vm', 'localhost']);
  command(['xl', 'list']);
  pause(1.5);
  guestSays('my-vm');
  shown.push('it was migrated live to localhost while it wrote; no write was lost');

  command(['xl', 'save', 'my-vm', 'my-vm.save']);
  command(['xen-stream', 'verify', 'my-vm.save']);
  command(['xl', 'restore', 'my-vm.save']);
  pause(1.5);
  guestSays('my-vm');
  command(['xl', 'destroy', 'my-vm']);
  shown.push(
    `it was saved (${(statSync(join(folder, 'my-vm.save')).size / 2 ** 20).toFixed(0)} MiB), verified, restored, and ran on`,
  );

  const stock = join(folder, 'stock.save');
  writeFileSync(stock, gunzipSync(readFileSync(`${root}packages/stream-format/testdata/xen-4.17-hvm.save.gz`)));
  command(['xen-stream', 'inspect', stock]);
  command(['xl', 'restore', stock]);
  const name = /^(\S+)\s+\d+\s+\d+\s+\d+\s/m.exec(command(['xl', 'list']).split('\n').slice(1).join('\n'))?.[1];
  if (name === undefined) throw new Error('the restored guest is not in the list');
  command(['xl', 'save', name, 'again.save']);
  command(['xen-stream', 'diff', stock, 'again.save']);
  shown.push('a file that stock xl save of Xen 4.17 wrote was restored and saved again: the same guest, page by page');

  process.stdout.write(`\nWhat you saw:\n${shown.map((line) => `  - ${line}`).join('\n')}\n`);
} finally {
  spawnSync(process.execPath, ['-e', 'setTimeout(() => {}, 3000)']);
  rmSync(folder, { recursive: true, force: true });
}
