import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type FencedBlock, fencedBlocksOf } from './markdown.js';

/**
 * What a reader does with a block of a tutorial. Its first line says so:
 *
 *     ```sh              is typed; the blocks of a page are typed into one shell, one after the other
 *     ```sh not run      is only shown: it needs what a test has not
 *     ```text expected   is what the block before it prints, on both outputs. `...` stands for anything in a line, and as a
 *                        line for any number of lines
 *     ```ts name.mts     is kept as the file of that name, in the folder where the shell is by then; any language. The text
 *                        before it says the name, which a reader of the page would not see otherwise
 */
export type Step =
  | { readonly kind: 'type'; readonly line: number; readonly text: string; readonly expected?: FencedBlock }
  | { readonly kind: 'file'; readonly line: number; readonly text: string; readonly name: string };

/** @throws Error for a block that is none of these */
export function stepsOf(markdown: string): Step[] {
  const steps: Step[] = [];
  for (const block of fencedBlocksOf(markdown)) {
    const { language, about, text, line } = block;
    const last = steps.at(-1);
    if (language === 'sh' && about === 'not run') continue;
    if (language === 'sh' && about === '') steps.push({ kind: 'type', line, text });
    else if (language === 'text' && about === 'expected' && last?.kind === 'type' && last.expected === undefined) {
      steps[steps.length - 1] = { ...last, expected: block };
    } else if (isFileName(about) && textBefore(markdown, line).includes(`\`${about}\``)) {
      steps.push({ kind: 'file', line, text, name: about });
    } else throw new Error(`line ${line}: a block of ${language} '${about}' is nothing that a reader could do`);
  }
  return steps;
}

function isFileName(text: string): boolean {
  return /^(?!.*\.\.)[\w.-][\w./-]*\.\w+$/.test(text);
}

/** From the block before, if there is one. */
function textBefore(markdown: string, line: number): string {
  const before = markdown.split('\n').slice(0, line - 1);
  return before.slice(before.findLastIndex((text) => text.startsWith('```')) + 1).join('\n');
}

/** Whether what was printed is what a page expects. */
export function isAsExpected(printed: string, expected: string): boolean {
  const lines = expected.trimEnd().split('\n');
  const patterns = lines.map((line) => (line === '...' ? '(?:.*\\n)*?' : `${patternOf(line.trimEnd())}\\n`));
  const trimmed = printed.replace(/[ \t]+$/gm, '').trimEnd();
  return new RegExp(`^${patterns.join('')}$`).test(`${trimmed}\n`);
}

function patternOf(line: string): string {
  return line
    .split('...')
    .map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
    .join('.*');
}

/** A step that was typed, and what it printed on both outputs. */
export interface Typed {
  readonly line: number;
  readonly printed: string;
  readonly expected: string | undefined;
}

/**
 * Does what the pages say, one page after the other in one shell, which begins in `folder`.
 *
 * @throws Error when a command fails, with its block and what that printed, or when `seconds` are over
 */
export async function follow(
  pages: readonly string[],
  folder: string,
  env: NodeJS.ProcessEnv,
  seconds: number,
): Promise<Typed[]> {
  const steps = pages.flatMap(stepsOf);
  const notes = join(folder, '.tutorial');
  mkdirSync(notes);
  const note = (name: string) => join(notes, name);
  const script = steps.map((step, i) => {
    if (step.kind === 'type') return `exec >${note(`${i}.out`)} 2>&1; echo ${i} >${note('at')}\n${step.text}`;
    writeFileSync(note(`${i}.file`), step.text);
    return `mkdir -p "$(dirname ${step.name})"; cp ${note(`${i}.file`)} ${step.name}\n`;
  });
  writeFileSync(note('script'), script.join(''));
  const ended = await shell(note('script'), note('outside'), folder, env, seconds);
  const printed = (i: number) => readFileSync(note(`${i}.out`), 'utf8');
  if (ended !== 0) {
    const at = Number(readFileSync(note('at'), 'utf8'));
    throw new Error(
      `line ${steps[at]?.line}: ${ended === undefined ? 'too slow' : `ended with ${ended}`}: ${printed(at)}`,
    );
  }
  return steps.flatMap((step, i) => {
    if (step.kind !== 'type') return [];
    return [{ line: step.line, printed: printed(i), expected: step.expected?.text }];
  });
}

/** Runs a script that stops at the first command that fails. Its exit status; undefined where it took too long. */
function shell(
  script: string,
  output: string,
  cwd: string,
  env: NodeJS.ProcessEnv,
  seconds: number,
): Promise<number | undefined> {
  const out = openSync(output, 'w');
  // A group of its own, so that what the script has started ends with it.
  const child = spawn('bash', ['-e', '-o', 'pipefail', script], {
    cwd,
    env,
    stdio: ['ignore', out, out],
    detached: true,
  });
  closeSync(out);
  return new Promise((resolve, reject) => {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    }, seconds * 1000);
    child.on('error', reject);
    child.on('exit', (code) => {
      clearTimeout(timer);
      resolve(late ? undefined : (code ?? 1));
    });
  });
}
