// The target's side of an orchestrator: receives migrations over TLS, with libxl alone.
import {
  answerQuery,
  descriptorConnection,
  joinLink,
  openHost,
  openLink,
  parseReceiverArguments,
  readTlsCredentials,
  receiveMigration,
  receiverArguments,
  receiverCommand,
  requireAuthenticatedInput,
  serveTls,
  sinkBytes,
  startMonitor,
} from '@xen-migration/libxl';

const SELF = { command: process.execPath, args: [import.meta.filename ?? new URL(import.meta.url).pathname] };
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => stop.abort());

const words = process.argv.slice(2);
const request = parseReceiverArguments(words);
if (request !== undefined) await receive(request);
else await listen(words[0], Number(words[1] ?? 8002));

/** Runs this program anew for each sender whose certificate is good. */
async function listen(directory, port) {
  await serveTls({
    credentials: readTlsCredentials(directory),
    port,
    commandFor: receiverCommand(SELF),
    signal: stop.signal,
    onEvent: (event) => console.log(JSON.stringify(event)),
  });
}

/** One connection of a sender, on standard input and output. */
async function receive({ capabilities, sink, join, link, ...wishes }) {
  const host = await openHost();
  const { signal } = stop;
  try {
    requireAuthenticatedInput(0);
    if (capabilities) {
      process.stdout.write(`${await answerQuery(host, process.stdin)}\n`);
    } else if (sink) {
      await sinkBytes(process.stdin, (line) => process.stdout.write(line));
    } else if (join !== undefined) {
      await joinLink({ host, id: join, signal });
    } else if (link !== undefined) {
      const receiver = { command: SELF.command, args: [...SELF.args, ...receiverArguments(wishes)] };
      await openLink({ host, id: link, receiver, signal });
    } else {
      const connection = descriptorConnection(0, 1, signal);
      const received = await receiveMigration({ host, connection, paused: wishes.paused === true, signal });
      if (!wishes.noMonitor) startMonitor(host, received);
    }
  } catch (error) {
    console.error(`${error.code ?? error.name}: ${error.message}`);
    process.exitCode = 1;
  } finally {
    await host.close();
  }
}
