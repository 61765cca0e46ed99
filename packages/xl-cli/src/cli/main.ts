import { writeSync } from 'node:fs';
import { constants } from 'node:os';
import { encodeText } from '@xen-migration/libxl';
import { runXl } from './run.js';

/** Entry of the `xl` command. */
async function main(): Promise<void> {
  const abort = new AbortController();
  const err = writer(2);
  const interrupted = (signal: NodeJS.Signals) => {
    if (abort.signal.aborted) {
      // The second one does not wait: a guardian (libxl) sees to it that the guest runs on, here or at its target.
      err('\nxl: interrupted again: not waiting any longer; what is left to do is done in the background\n');
      process.exit(128 + constants.signals[signal]);
    }
    abort.abort(Object.assign(new Error(`interrupted by ${signal}`), { signal }));
  };
  process.on('SIGINT', interrupted);
  process.on('SIGTERM', interrupted);
  process.on('SIGHUP', interrupted);
  const code = await runXl(process.argv.slice(2), {
    signal: abort.signal,
    stderrIsTerminal: process.stderr.isTTY === true,
    columns: () => process.stderr.columns,
    colours: process.stderr.isTTY === true && (process.env.NO_COLOR ?? '') === '' && process.env.TERM !== 'dumb',
    out: writer(1),
    err,
  });
  process.exit(code);
}

/** Written at once, so that nothing is lost at the exit; a reader that has gone away ends nothing. */
function writer(fd: number): (text: string) => void {
  let broken = false;
  return (text) => {
    // Names in a configuration may be no UTF-8.
    let rest = encodeText(text);
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
