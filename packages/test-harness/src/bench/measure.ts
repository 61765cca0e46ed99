import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** What one run of a command took. */
export interface Run {
  readonly seconds: number;
  /** Highest private memory seen of the process and its children (RssAnon, MiB): mapped guest memory does not count. */
  readonly privateMib: number;
  /** The same of those that were counted apart. */
  readonly apartMib: number;
  readonly stdout: string;
}

export interface Command {
  readonly words: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Sample the memory while it runs; costs a little time. */
  readonly watchMemory?: boolean;
  /** A word of a child's command line: the child and its children are counted apart. */
  readonly apart?: string;
}

/** Runs a command to its end. @throws when it fails, with what it said */
export async function runOnce(command: Command): Promise<Run> {
  const [program, ...args] = command.words;
  const began = process.hrtime.bigint();
  const child = spawn(program ?? '', args, {
    // Certificates that this environment has every Node load at its start are no part of what is measured.
    env: { ...process.env, NODE_EXTRA_CA_CERTS: undefined, ...command.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let privateMib = 0;
  let apartMib = 0;
  const sampler = command.watchMemory
    ? setInterval(() => {
        const apart = command.apart === undefined ? [] : apartFrom(child.pid, command.apart);
        const all = descendants(child.pid);
        privateMib = Math.max(privateMib, sumOf(all.filter((pid) => !apart.includes(pid))));
        apartMib = Math.max(apartMib, sumOf(apart));
      }, 10)
    : undefined;
  const [stdout, stderr, status] = await Promise.all([text(child.stdout), text(child.stderr), ended(child)]);
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  clearInterval(sampler);
  if (status !== 0) throw new Error(`'${command.words.join(' ')}' ended with ${status}: ${stderr}`);
  return { seconds, privateMib, apartMib, stdout };
}

/** The fastest of several runs: what the machine can do when nothing else disturbs it. */
export async function best(times: number, run: () => Promise<Run>): Promise<Run> {
  const runs: Run[] = [];
  for (let i = 0; i < times; i++) runs.push(await run());
  return runs.reduce((a, b) => (b.seconds < a.seconds ? b : a));
}

async function text(stream: NodeJS.ReadableStream): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}

function ended(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 128));
  });
}

const sumOf = (pids: readonly number[]) => pids.reduce((sum, pid) => sum + rssAnonMib(pid), 0);

function apartFrom(pid: number | undefined, word: string): number[] {
  return descendants(descendants(pid).find((each) => commandLine(each).includes(word)));
}

function commandLine(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

/** Private resident memory of a process in MiB, 0 when it is gone (Linux: /proc/PID/status, RssAnon). */
export function rssAnonMib(pid: number): number {
  try {
    const kib = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Number(kib ?? 0) / 1024;
  } catch {
    return 0;
  }
}

function descendants(pid: number | undefined): number[] {
  if (pid === undefined) return [];
  try {
    const tasks = readdirSync(`/proc/${pid}/task`);
    const children = tasks.flatMap((t) =>
      readFileSync(`/proc/${pid}/task/${t}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number),
    );
    const own = commandLine(pid).join();
    // A child that has not yet become its program still shares all of its parent's memory.
    return [pid, ...children.filter((child) => commandLine(child).join() !== own).flatMap(descendants)];
  } catch {
    return [];
  }
}
