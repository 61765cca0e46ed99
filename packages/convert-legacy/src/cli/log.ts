import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeSync } from 'node:fs';

/** Where the command says things. */
export interface Log {
  /** What was found, one line. */
  info(line: string): void;
  /** What is wrong, one line. */
  error(line: string): void;
  /** Nothing more is said: what was said is where it belongs. */
  close(): Promise<void>;
}

/** Standard output and error. `out`: 2 where the converted stream itself goes to the standard output. */
export function terminalLog(out: 1 | 2): Log {
  return {
    info: (line) => write(out, line),
    error: (line) => write(2, line),
    close: async () => {},
  };
}

/** The system log, by way of logger(1); errors go to standard error as well. */
export function systemLog(): Log {
  const info = new Logger('user.info');
  const error = new Logger('user.err');
  return {
    info: (line) => info.write(line),
    error: (line) => {
      error.write(line);
      write(2, line);
    },
    close: async () => {
      await Promise.all([info.close(), error.close()]);
    },
  };
}

class Logger {
  private child: ChildProcess | undefined;
  private failed = false;

  constructor(private readonly priority: string) {}

  write(line: string): void {
    this.child ??= this.start();
    if (!this.failed) this.child.stdin?.write(`${line}\n`);
  }

  async close(): Promise<void> {
    const { child } = this;
    if (child === undefined || this.failed || child.exitCode !== null) return;
    child.stdin?.end();
    await Promise.race([once(child, 'close'), once(child, 'error')]).catch(() => {});
  }

  private start(): ChildProcess {
    const args = ['--tag', 'convert-legacy-stream', `--id=${process.pid}`, '--priority', this.priority];
    const child = spawn('logger', args, { stdio: ['pipe', 'ignore', 'ignore'] });
    child.on('error', (error) => {
      this.failed = true;
      write(2, `convert-legacy-stream: nothing reaches the system log: ${error.message}`);
    });
    // A logger that is gone is told of by its exit.
    child.stdin?.on('error', () => {});
    return child;
  }
}

function write(fd: 1 | 2, line: string): void {
  try {
    writeSync(fd, `${line}\n`);
  } catch {
    // Nobody is left who could be told.
  }
}
