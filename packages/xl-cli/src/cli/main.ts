import { writeSync } from 'node:fs';
import { runXl } from './run.js';

/** Entry of the `xl` command. */
async function main(): Promise<void> {
  const abort = new AbortController();
  const interrupted = (signal: NodeJS.Signals) => {
    // The second one does not wait: a guardian (libxl) then sees to it that no guest stays behind.
    if (abort.signal.aborted) process.kill(process.pid, 'SIGKILL');
    abort.abort(new Error(`interrupted by ${signal}`));
  };
  process.on('SIGINT', interrupted);
  process.on('SIGTERM', interrupted);
  process.on('SIGHUP', interrupted);
  const code = await runXl(process.argv.slice(2), {
    signal: abort.signal,
    stderrIsTerminal: process.stderr.isTTY === true,
    out: writer(1),
    err: writer(2),
  });
  process.exit(code);
}

/** Written at once, so that nothing is lost at the exit; a reader that has gone away ends nothing. */
function writer(fd: number): (text: string) => void {
  let broken = false;
  return (text) => {
    let rest = Buffer.from(text);
    while (rest.length > 0 && !broken) {
      try {
        rest = rest.subarray(writeSync(fd, rest));
      } catch (e) {
        if (!(e instanceof Error && 'code' in e && e.code === 'EAGAIN')) broken = true;
      }
    }
  };
}

await main();
