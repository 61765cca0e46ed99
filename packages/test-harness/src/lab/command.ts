import { spawn } from 'node:child_process';

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Runs a program to its end and answers what it wrote to stdout.
 *
 * @throws Error with the command and what it said, when it can't be run or fails
 */
export function command(program: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (part: Buffer) => out.push(part));
    child.stderr.on('data', (part: Buffer) => err.push(part));
    child.on('error', (e) => reject(new Error(`'${program}' could not be run: ${e.message}`)));
    child.on('close', (status) => {
      if (status === 0) return resolve(Buffer.concat(out).toString());
      const said = Buffer.concat(err).toString().trim().slice(-2000);
      reject(new Error(`'${[program, ...args].join(' ').slice(0, 300)}' ended with ${status}: ${said}`));
    });
  });
}
