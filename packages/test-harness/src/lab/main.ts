import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Job, runJob } from './job.js';
import { Lab } from './lab.js';
import { guestsOf, runMatrix, runMatrixHere } from './matrix/run.js';
import { MACHINE_FILES } from './qemu.js';

const USAGE = `Real Xen in an emulated machine.

  npm run lab -- image              makes what machines boot from (Debian's packages, dom0's disk), and boots none
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
                                    guests between stock xl and ours, each way (pv64, pv32, pvh, hvm)
      --results FOLDER              where the report goes (lab-report): matrix.html, matrix.json, matrix.xml, logs
      --quick                       pv64 and hvm, saved by each toolstack and restored by the other
      --host xen --kernels FOLDER   on the host that this is, which loses all its guests; vmlinuz, initrd and the others
                                    as in /lab/guests

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
  kernels: { type: 'string' },
  quick: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h' },
} as const;

/** Seconds. */
const MATRIX_TIMEOUT = 3600;

const began = Date.now();

function progress(what: string): void {
  process.stderr.write(`lab: ${((Date.now() - began) / 1000).toFixed(1).padStart(6)} s  ${what}\n`);
}

async function up(lab: Lab, name: string): Promise<number> {
  if (lab.machine(name).pid !== undefined) progress(`${name} is up already`);
  else (await lab.boot(name)).close();
  return 0;
}

async function run(lab: Lab, name: string, job: Job): Promise<number> {
  if (!existsSync(job.script)) throw new Error(`there is no ${job.script}`);
  return lab.with(name, async ({ machine, control }) => {
    progress(`running ${job.script}`);
    const status = await runJob(machine, control, job, (text) => process.stdout.write(text));
    progress(`${job.script} ended with ${status}`);
    return status;
  });
}

async function twoHosts(lab: Lab): Promise<number> {
  const { left, right } = await lab.bootTwo();
  left.control.close();
  right.control.close();
  return 0;
}

async function down(lab: Lab, names: string[]): Promise<number> {
  await lab.down(names.length > 0 ? names : lab.names());
  return 0;
}

function status(lab: Lab): number {
  for (const name of lab.names()) {
    const { pid, consoleLog } = lab.machine(name);
    process.stdout.write(`${name}: ${pid === undefined ? 'down' : `up (pid ${pid}), console: ${consoleLog}`}\n`);
  }
  return 0;
}

/** Ctrl-] */
const ESCAPE = 0x1d;

function shell(lab: Lab, name: string): Promise<number> {
  const it = lab.machine(name);
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
  const lab = new Lab(progress, values.xen);
  const results = values.results === undefined ? undefined : resolve(values.results);
  switch (verb) {
    case 'image':
      await lab.image();
      return 0;
    case 'up':
      return up(lab, rest[0] ?? values.name);
    case 'run': {
      const [script, ...beside] = rest.map((path) => resolve(path));
      if (script === undefined) throw new Error('run needs a script');
      const job = { script, beside, timeout: Number(values.timeout) };
      return run(lab, values.name, results === undefined ? job : { ...job, results });
    }
    case 'matrix': {
      const extent = values.quick ? 'quick' : 'whole';
      const options = {
        guests: guestsOf(rest, extent),
        extent,
        results: results ?? resolve('lab-report'),
        timeout: MATRIX_TIMEOUT,
      } as const;
      if (values.host === 'lab') return runMatrix(lab, values.name, options);
      if (values.host !== 'xen') throw new Error('this matrix runs with --host lab or --host xen');
      return runMatrixHere({ guests: values.kernels ?? '/lab/guests' }, options);
    }
    case 'shell':
      return shell(lab, rest[0] ?? values.name);
    case 'two-hosts':
      return twoHosts(lab);
    case 'down':
      return down(lab, rest);
    case 'status':
      return status(lab);
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
