import { runProgram } from '../program.js';

export interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `xen-stream ARGS` in this process. */
export async function run(...args: string[]): Promise<Run> {
  let out = '';
  let err = '';
  const terminal = {
    out: async (text: string) => {
      out += text;
    },
    err: (line: string) => {
      err += `${line}\n`;
    },
  };
  const code = await runProgram(args, terminal, '0.0.0-test');
  return { code, out, err };
}
