import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Control, Machine } from './machine.js';

/** What is to run in dom0. */
export interface Job {
  /** A shell script; it runs in a folder of its own, and what it leaves there comes back. */
  readonly script: string;
  /** Files and folders that shall be beside it. */
  readonly beside?: readonly string[];
  /** Where its folder is copied afterwards. */
  readonly results?: string;
  /** Seconds. */
  readonly timeout: number;
}

/** Runs a job in a machine's dom0; its output goes to `print` as it comes. Answers the script's exit status. */
export async function runJob(
  machine: Machine,
  control: Control,
  job: Job,
  print: (text: string) => void,
): Promise<number> {
  const name = `${basename(job.script)}.${process.pid}`;
  const folder = join(machine.share, name);
  mkdirSync(folder, { recursive: true });
  copyFileSync(job.script, join(folder, 'script'));
  for (const path of job.beside ?? []) cpSync(path, join(folder, basename(path)), { recursive: true });
  const output = new GrowingFile(join(folder, 'output'));
  const printer = setInterval(() => print(output.more()), PRINT_INTERVAL);
  try {
    return await control.run(name, job.timeout * 1000);
  } finally {
    clearInterval(printer);
    print(output.more());
    if (job.results !== undefined && existsSync(folder)) cpSync(folder, job.results, { recursive: true });
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Milliseconds. */
const PRINT_INTERVAL = 200;

/** A text file that somebody else appends to. */
class GrowingFile {
  private read = 0;

  constructor(private readonly path: string) {}

  /** What has come since the last time. */
  more(): string {
    if (!existsSync(this.path)) return '';
    const text = readFileSync(this.path).subarray(this.read);
    this.read += text.length;
    return text.toString();
  }
}
