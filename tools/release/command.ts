import { execFile } from 'node:child_process';
import { delimiter } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../workspace.js';

const exec = promisify(execFile);

export type Environment = Readonly<Record<string, string | undefined>>;

/** A command that ended with an error; the message ends with the last lines of what it said. */
export class CommandError extends Error {
  readonly code = 'COMMAND_FAILED';
}

const LAST_LINES = 30;

/** Runs a command to its end, with no input. Returns what it wrote; throws `CommandError` when it fails. */
export async function run(command: string, args: readonly string[], cwd: string, env: Environment): Promise<string> {
  const running = exec(command, args, { cwd, env, maxBuffer: 2 ** 26 });
  running.child.stdin?.end(); // none waits for somebody to type
  try {
    return (await running).stdout;
  } catch (cause) {
    const { stdout = '', stderr = '', message } = cause as Error & { stdout?: string; stderr?: string };
    const said = `${stdout}\n${stderr}`.trim().split('\n').slice(-LAST_LINES).join('\n');
    throw new CommandError(`${[command, ...args].join(' ')} failed: ${said === '' ? message : `\n${said}`}`, { cause });
  }
}

/** The environment with some variables changed; npm takes its own in either case of letters. */
export function environment(changed: Environment, from: Environment = process.env): Environment {
  const names = new Set(Object.keys(changed).map((name) => name.toLowerCase()));
  const others = Object.entries(from).filter(([name]) => !names.has(name.toLowerCase()));
  return { ...Object.fromEntries(others), ...changed };
}

/** PATH with a folder before all others. */
export function pathWith(folder: string): string {
  return `${folder}${delimiter}${process.env.PATH}`;
}

/** PATH on which the workspace's own tools are found. */
export const PATH_WITH_TOOLS = pathWith(`${root}node_modules/.bin`);
