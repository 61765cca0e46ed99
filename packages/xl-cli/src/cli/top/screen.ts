// A full screen on standard output, and keys from standard input. It is put back whatever happens.

const ENTER = '\x1b[?1049h\x1b[?25l';
const LEAVE = '\x1b[?25h\x1b[?1049l';
const HOME = '\x1b[H';
const CLEAR_REST_OF_LINE = '\x1b[K';
const CLEAR_BELOW = '\x1b[J';

const ROWS = 24;
const COLUMNS = 80;
const CTRL_C = '\x03';

export interface Screen {
  /** Draws the lines from the top; what does not fit is cut off. */
  draw(lines: readonly string[]): void;
  /** Waits for a key, at most so long. Undefined: none came. */
  key(ms: number): Promise<string | undefined>;
  close(): void;
}

export function openScreen(out: (text: string) => void): Screen {
  const { stdin, stdout } = process;
  const keys: string[] = [];
  let wake = () => {};
  const pressed = (chunk: Buffer) => {
    keys.push(...chunk.toString());
    wake();
  };
  // No signal comes from a raw terminal's Ctrl-C: it is a key.
  if (stdin.isTTY === true) stdin.setRawMode(true);
  stdin.on('data', pressed);
  stdout.on('resize', () => wake());
  out(ENTER);
  return {
    draw(lines) {
      // A terminal that does not know its size says 0.
      const rows = stdout.rows || ROWS;
      const columns = stdout.columns || COLUMNS;
      const shown = lines.slice(0, rows - 1).map((line) => `${line.slice(0, columns)}${CLEAR_REST_OF_LINE}\r\n`);
      out(`${HOME}${shown.join('')}${CLEAR_BELOW}`);
    },
    async key(ms) {
      if (keys.length === 0) {
        let timer: NodeJS.Timeout | undefined;
        await new Promise<void>((resolve) => {
          wake = resolve;
          timer = setTimeout(resolve, ms);
        });
        clearTimeout(timer);
      }
      const key = keys.shift();
      return key === CTRL_C ? 'q' : key;
    },
    close() {
      stdin.off('data', pressed);
      if (stdin.isTTY === true) stdin.setRawMode(false);
      stdin.pause();
      out(LEAVE);
    },
  };
}
