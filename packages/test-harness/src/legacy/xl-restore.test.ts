import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  ByteReader,
  byteSource,
  diffStreams,
  MIGRATION_MESSAGES,
  readMigrationMessage,
  readMigrationReport,
  verifyStream,
} from '@xen-migration/stream-format';
import { openInput } from '@xen-migration/stream-format/node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runOnce } from '../bench/measure.js';
import { XL } from '../bench/workspace.js';
import { repositoryRoot, sharedStreams } from '../repository.js';
import { NOT_CARRIED } from './carried.js';
import { legacyFromV2 } from './from-v2.js';
import { legacyXlHeader, type Width } from './legacy-writer.js';

const testdata = `${repositoryRoot}packages/stream-format/testdata`;
const REAL: readonly (readonly [kind: string, file: string, width: Width])[] = [
  ['PV, 32 bits', `${testdata}/xen-4.17-pv32.save.gz`, 32],
  ['PV, 64 bits', `${sharedStreams() ?? 'absent'}/xen-4.17-pv64.save.gz`, 64],
  ['HVM', `${testdata}/xen-4.17-hvm.save.gz`, 64],
];
/** Guests that really run here: whose file has its configuration in JSON (4.5), and as text (4.4). */
const OWN = [
  ['PV, 32 bits', 'pv', 'selfcheck32', 32, 'json'],
  ['PV, 64 bits', 'pv', 'selfcheck', 64, 'text'],
  ['HVM', 'hvm', 'selfcheck', 64, 'json'],
] as const;

let folder: string;
let env: Record<string, string>;
beforeEach(() => {
  folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'xl-legacy-'));
  mkdirSync(join(folder, 'host'), { mode: 0o700 });
  env = { XEN_EMBEDDED_DIR: join(folder, 'host'), XEN_EMBEDDED_MEMORY: '512', XEN_EMBEDDED_IDLE: '1' };
});
afterEach(async () => {
  for (const { domid } of await domains()) await xl('destroy', String(domid));
  rmSync(folder, { recursive: true, force: true });
});

/** @throws Error with what xl said when it fails */
const xl = async (...args: string[]): Promise<string> => (await runOnce({ words: [...XL, ...args], env })).stdout;
const file = (name: string) => join(folder, name);

async function domains(): Promise<{ domid: number; name: string }[]> {
  return (JSON.parse(await xl('list', '--json')) as { domid: number; name: string }[]).filter(({ domid }) => domid > 0);
}

/** The guest has written its memory, and found all that it wrote. */
async function works(name: string): Promise<void> {
  const end = Date.now() + 30_000;
  for (;;) {
    const text = await xl('console', '--dump', name);
    if (/LOST WRITE|PANIC|[1-9]\d* lost/.test(text)) throw new Error(`${name} lost a write: ${text}`);
    if (/ [1-9]\d* writes, 0 lost/.test(text)) return;
    if (Date.now() > end) throw new Error(`${name} does not come up: ${text}`);
    await sleep(100);
  }
}

function configText(type: string, kernel: string): string {
  const settings = { name: 'vm', type, kernel: `builtin:${kernel}`, cmdline: 'working-set=2M rate=500' };
  const lines = Object.entries({ ...settings, memory: 16, vcpus: 2 });
  return lines.map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`).join('');
}

describe('xl restore of a save file of Xen 4.5 and older', () => {
  for (const [kind, path, width] of REAL) {
    const title = `${kind} of real Xen, ${width}-bit toolstack: the guest is the same`;
    it.skipIf(!existsSync(path))(`${title} (skipped where the stream is not there)`, async () => {
      writeFileSync(file('old.save'), (await legacyFromV2(await openInput(path), width)).file);
      await xl('restore', '-e', file('old.save'));
      const [domain, ...others] = await domains();
      expect(others).toEqual([]);
      await xl('save', String(domain?.domid), file('new.save'));
      const { fields, pages } = await diffStreams(await openInput(path), await openInput(file('new.save')));
      expect(pages.count).toBe(0);
      expect(fields.filter((difference) => !NOT_CARRIED.some(({ is }) => is(difference)))).toEqual([]);
    });
  }

  it.each(OWN)('%s: the guest runs on, and has lost nothing', async (_, type, kernel, width, format) => {
    const config = configText(type, kernel);
    writeFileSync(file('vm.cfg'), config);
    await xl('create', '-e', '-q', file('vm.cfg'));
    await works('vm');
    await xl('save', 'vm', file('vm.save'));
    const old = await legacyFromV2(await openInput(file('vm.save')), width);
    const asText = Buffer.concat([legacyXlHeader(config, false), old.stream]);
    writeFileSync(file('old.save'), format === 'json' ? old.file : asText);
    await xl('restore', '-e', file('old.save'));
    await works('vm');
    await xl('save', 'vm', file('vm.save'));
    expect((await verifyStream(await openInput(file('vm.save')))).problems).toEqual([]);
  });

  it('goes as well for what a host of Xen 4.5 sends: the guest runs on', async () => {
    writeFileSync(file('vm.cfg'), configText('pv', 'selfcheck'));
    await xl('create', '-e', '-q', file('vm.cfg'));
    await works('vm');
    await xl('save', 'vm', file('vm.save'));
    const old = await legacyFromV2(await openInput(file('vm.save')), 64);
    const [program = '', ...args] = [...XL, 'migrate-receive', '-e'];
    const receiver = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'inherit'] });
    const answers = new ByteReader(byteSource(receiver.stdout));
    const ended = once(receiver, 'close');
    await readMigrationMessage(answers, 'banner');
    receiver.stdin.write(old.file);
    await readMigrationMessage(answers, 'ready');
    receiver.stdin.write(MIGRATION_MESSAGES.permissionToGo);
    expect(await readMigrationReport(answers)).toBe(0);
    receiver.stdin.end();
    expect(await ended).toEqual([0, null]);
    await works('vm');
  });

  it('that is damaged ends with the place, and leaves no domain', async () => {
    const old = await legacyFromV2(await openInput(`${testdata}/xen-4.17-pv32.save.gz`), 64);
    const size = old.file.length;
    writeFileSync(file('old.save'), old.file);
    truncateSync(file('old.save'), size - 1000);
    const place = `offset ${size - 1000}: legacy, shared info: the input ends`;
    await expect(xl('restore', '-e', file('old.save'))).rejects.toThrow(place);
    const spoilt = Buffer.from(old.file);
    spoilt[size - old.stream.length + 8] = 0;
    writeFileSync(file('old.save'), spoilt);
    await expect(xl('restore', '-e', file('old.save'))).rejects.toThrow('begins as no legacy stream does');
    expect(await domains()).toEqual([]);
  });
});
