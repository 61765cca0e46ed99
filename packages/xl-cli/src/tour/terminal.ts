import { type ChildProcess, spawn, spawnSync } from 'node:child_process';

/** What makes a terminal is script(1) of util-linux; the one of BSD and macOS takes other options. */
export const HAS_TERMINAL = /util-linux/.test(spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout ?? '');

export const TERMINAL_COLUMNS = 100;
const ROWS = 24;

export interface InTerminal {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
}

/** Runs a command line in a terminal: its keyboard is our pipe, its screen is our pipe, and it is a terminal all the same. */
export function spawnInTerminal(line: string, { env, cwd }: InTerminal): ChildProcess {
  // A shell that dies of the Ctrl-C that its command was given would hide how that ended.
  const command = `stty rows ${ROWS} cols ${TERMINAL_COLUMNS} -echo; trap : INT; ${line}`;
  return spawn('script', ['-qefc', command, '/dev/null'], {
    cwd,
    env: { ...env, TERM: 'xterm', SHELL: '/bin/sh' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
}

/** States of a line that was drawn over, which are shown. */
const STATES = 6;

// biome-ignore lint/suspicious/noControlCharactersInRegex: this is about control characters
const COLOURS = /\x1b\[[\d;]*m/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: this is about control characters
const HOME = /\x1b\[H/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: this is about control characters
const OTHER = /\x1b\[\??[\d;]*[A-Za-z]/g;

/** What a terminal showed, as text: of a screen that was drawn again the last one, of a line that was drawn over some states. */
export function seenInTerminal(raw: string): string {
  const screens = raw.replaceAll(COLOURS, '').split(HOME);
  const last = (screens.at(-1) ?? '').replaceAll(OTHER, '');
  return last.replaceAll('\r\n', '\n').split('\n').map(seenOfLine).join('\n');
}

function seenOfLine(line: string): string {
  const states = line.split('\r').filter((state) => state.trim() !== '');
  if (states.length <= 1) return (states[0] ?? '').trimEnd();
  const step = Math.max(1, (states.length - 1) / (STATES - 1));
  const shown = new Set(states.map((_, i) => Math.round(Math.min(i * step, states.length - 1))));
  return [...shown].map((i) => states[i]?.trimEnd()).join('\n');
}
