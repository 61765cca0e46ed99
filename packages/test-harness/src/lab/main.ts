import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { labDirectory } from './cache.js';
import { builtXen } from './hypervisor.js';
import { labImage } from './image.js';
import { runJob } from './job.js';
import { type Control, kvmWorks, Machine } from './machine.js';
import { guestsOf, runMatrix } from './matrix/run.js';
import { packPayload } from './payload.js';
import { MACHINE_FILES } from './qemu.js';

const USAGE = `Real Xen in an emulated machine.

  npm run lab -- up [NAME]          boots a machine and leaves it running (NAME: lab)
  npm run lab -- run SCRIPT [FILE...]
                                    runs a shell script in dom0, with the files beside it: in the machine that is up,
                                    or else in one that is booted for it
      --name NAME                   in which machine
      --results FOLDER              where the script's folder is copied afterwards
      --timeout SECONDS             (600)
  npm run lab -- shell [NAME]       dom0's console; Ctrl-] leaves it
  npm run lab -- two-hosts          boots 'left' and 'right' on one private network, sshd in each
  npm run lab -- down [NAME...]     ends machines (all of them)
  npm run lab -- status
  npm run matrix -- --host lab [GUEST...]
                                    guests between stock xl and ours, each way (pv64, pvh, hvm)
      --results FOLDER              where the report goes (lab-report): matrix.html, matrix.json, matrix.xml, logs

      --xen built                   boots a hypervisor built from Debian's source, with shadow paging (which PV guests
                                    need to be migrated live) and 32-bit PV

In dom0: /lab/bin/node, our packages in /lab/xen-migration (bin/xl and the others), stock xl as 'xl', guests'
kernel and RAM disk in /lab/guests.
`;

const OPTIONS = {
  name: { type: 'string', default: 'lab' },
  results: { type: 'string' },
  timeout: { type: 'string', default: '600' },
  xen: { type: 'string' },
  host: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

const SHAPE = { memory: 4096, dom0Memory: 1536, cpus: 2 };
/** Seconds. */
const MATRIX_TIMEOUT = 3600;
const NETWORK_PORT = 27_100;

const began = Date.now();
const lab = labDirectory();

function progress(what: string): void {
  process.stderr.write(`lab: ${((Date.now() - began) / 1000).toFixed(1).padStart(6)} s  ${what}\n`);
}

function machine(name: string): Machine {
  return new Machine(join(lab, 'machines', name));
}

function pack(it: Machine): Promise<void> {
  mkdirSync(it.share, { recursive: true });
  return packPayload(join(it.share, 'xen-migration.tar'), join(it.folder, 'payload'));
}

let asked: { readonly xen?: string | undefined } = {};

/** Path of a hypervisor other than Debian's, where one is asked for. */
async function askedXen(): Promise<{ xen?: string }> {
  if (asked.xen === undefined) return {};
  return { xen: asked.xen === 'built' ? await builtXen(lab, progress) : resolve(asked.xen) };
}

async function boot(
  name: string,
  network?: { role: 'listen' | 'connect'; port: number; address: string },
): Promise<Control> {
  const image = await labImage(lab, progress);
  const it = machine(name);
  await pack(it);
  progress(`booting ${name} (${kvmWorks() ? 'KVM' : 'emulated: no nested KVM here'})`);
  it.start(image, { name, ...SHAPE, ...(await askedXen()), ...(network === undefined ? {} : { network }) });
  const control = await it.whenUp();
  progress(`${name} is up; console: ${it.consoleLog}`);
  return control;
}

async function up(name: string): Promise<number> {
  if (machine(name).pid !== undefined) progress(`${name} is up already`);
  else (await boot(name)).close();
  return 0;
}

async function run(
  name: string,
  script: string,
  beside: string[],
  results: string | undefined,
  timeout: number,
): Promise<number> {
  if (!existsSync(script)) throw new Error(`there is no ${script}`);
  const it = machine(name);
  const wasUp = it.pid !== undefined;
  const control = wasUp ? await it.control() : await boot(name);
  if (wasUp) await pack(it);
  try {
    progress(`running ${script}`);
    const job = { script, beside, timeout, ...(results === undefined ? {} : { results }) };
    const status = await runJob(it, control, job, (text) => process.stdout.write(text));
    progress(`${script} ended with ${status}`);
    return status;
  } finally {
    control.close();
    if (!wasUp) await it.stop();
  }
}

async function matrix(name: string, guests: string[], results: string, timeout: number): Promise<number> {
  const wanted = guestsOf(guests);
  const it = machine(name);
  const wasUp = it.pid !== undefined;
  const control = wasUp ? await it.control() : await boot(name);
  if (wasUp) await pack(it);
  try {
    return await runMatrix(it, control, { guests: wanted, results, timeout });
  } finally {
    control.close();
    if (!wasUp) await it.stop();
  }
}

async function twoHosts(): Promise<number> {
  const left = await boot('left', { role: 'listen', port: NETWORK_PORT, address: '10.77.0.1' });
  left.close();
  const right = await boot('right', { role: 'connect', port: NETWORK_PORT, address: '10.77.0.2' });
  right.close();
  return 0;
}

async function down(names: string[]): Promise<number> {
  const folder = join(lab, 'machines');
  const all = names.length > 0 ? names : existsSync(folder) ? readdirSync(folder) : [];
  for (const name of all) {
    const it = machine(name);
    if (it.pid !== undefined) progress(`ending ${name}`);
    await it.stop();
    rmSync(it.folder, { recursive: true, force: true });
  }
  return 0;
}

function status(): number {
  const folder = join(lab, 'machines');
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    const { pid, consoleLog } = machine(name);
    process.stdout.write(`${name}: ${pid === undefined ? 'down' : `up (pid ${pid}), console: ${consoleLog}`}\n`);
  }
  return 0;
}

/** Ctrl-] */
const ESCAPE = 0x1d;

function shell(name: string): Promise<number> {
  const it = machine(name);
  if (it.pid === undefined) throw new Error(`${name} is not up`);
  const socket = connect(join(it.folder, MACHINE_FILES.console));
  progress('Ctrl-] leaves the console');
  if (process.stdin.isTTY) process.stdin.setRawMode(true);
  return new Promise((done) => {
    const leave = () => {
      if (process.stdin.isTTY) process.stdin.setRawMode(false);
      socket.destroy();
      done(0);
    };
    process.stdin.on('data', (keys) => (keys.includes(ESCAPE) ? leave() : socket.write(keys)));
    process.stdin.on('end', leave);
    socket.on('data', (text) => process.stdout.write(text));
    socket.on('close', leave);
    socket.on('error', (e) => {
      progress(e.message);
      leave();
    });
    socket.write('\r');
  });
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({ options: OPTIONS, allowPositionals: true });
  const [verb, ...rest] = positionals;
  if (values.help || verb === undefined) {
    process.stdout.write(USAGE);
    return verb === undefined && !values.help ? 2 : 0;
  }
  mkdirSync(lab, { recursive: true });
  asked = values;
  switch (verb) {
    case 'up':
      return up(rest[0] ?? values.name);
    case 'run': {
      const [script, ...beside] = rest.map((path) => resolve(path));
      if (script === undefined) throw new Error('run needs a script');
      return run(values.name, script, beside, values.results && resolve(values.results), Number(values.timeout));
    }
    case 'matrix':
      if (values.host !== 'lab') throw new Error('the matrix runs with --host lab');
      return matrix(values.name, rest, resolve(values.results ?? 'lab-report'), MATRIX_TIMEOUT);
    case 'shell':
      return shell(rest[0] ?? values.name);
    case 'two-hosts':
      return twoHosts();
    case 'down':
      return down(rest);
    case 'status':
      return status();
    default:
      throw new Error(`there is no '${verb}' (see --help)`);
  }
}

try {
  process.exit(await main());
} catch (e) {
  process.stderr.write(`lab: ${e instanceof Error ? e.message : e}\n`);
  process.exit(1);
}
