import {
  answerQuery,
  descriptorConnection,
  isLibxlError,
  joinLink,
  openLink,
  receiveMigration,
  receiverArguments,
  requireAuthenticatedInput,
  sinkBytes,
  startMonitor,
  takeAsked,
  withArguments,
} from '@xen-migration/libxl';
import { defineCommand } from '../command.js';
import { parseConfigText } from '../config-file.js';
import { EXIT, ExitError } from '../exit.js';
import { loadingLines } from '../format/transfer.js';
import { FORCE_CPU_OPTION, forceCpuHint } from '../migration/force-cpu.js';
import { listenByTls } from '../migration/listen-by-tls.js';
import { OWN_XL } from '../migration/target.js';
import { TLS_DIR_OPTION, TLS_DIRECTORY } from '../migration/target-options.js';

export const migrateReceive = defineCommand(
  {
    name: 'migrate-receive',
    summary: 'Restore a domain from a saved state',
    usage: '- for internal use only',
    options: {
      foreground: { short: 'F', about: 'Stay in the foreground until the domain is dead.', hidden: true },
      noMonitor: { short: 'e', about: 'Nobody waits in the background for the death of the domain.' },
      debug: { short: 'd', about: 'Print the configuration that is used.' },
      paused: { short: 'p', about: 'Leave the domain paused.' },
      forceCpu: FORCE_CPU_OPTION,
      capabilities: {
        long: 'capabilities',
        about: 'Say as JSON what this host is and what its receiver can do.',
        hidden: true,
      },
      sink: { long: 'sink', about: 'Read and forget what comes, for a measurement of the connection.', hidden: true },
      link: {
        long: 'link',
        value: '<id>',
        about: 'Receive over a link of several connections, and open it.',
        hidden: true,
      },
      join: { long: 'join', value: '<id>', about: 'Be one more connection of a link.', hidden: true },
      tlsListen: {
        long: 'tls-listen',
        value: '[<address>:]<port>',
        about: 'Stay, and receive a migration for each sender that comes by TLS (xl migrate --tls).',
      },
      tlsDir: TLS_DIR_OPTION,
      remus: { short: 'r', about: 'Receive checkpoints (Remus).', hidden: true },
      colo: { long: 'colo', about: 'Receive checkpoints (COLO).', hidden: true },
      coloScript: { long: 'coloft-script', value: '<script>', about: 'For COLO.', hidden: true },
      coloProxy: { long: 'userspace-colo-proxy', about: 'For COLO.', hidden: true },
    },
    operands: 0,
    mostOperands: 0,
    modifies: true,
    details:
      'The far end of xl migrate: reads a domain from its standard input and answers on its standard output. These must be\n' +
      'what ssh or the TLS server made: a terminal and a plain TCP connection are refused.',
  },
  async (context, { options: typed }) => {
    const asked = takeAsked();
    const options = {
      ...typed,
      capabilities: typed.capabilities || asked.capabilities === true,
      sink: typed.sink || asked.sink === true,
      forceCpu: typed.forceCpu || asked.forceCpu === true,
      link: typed.link ?? asked.link,
      join: typed.join ?? asked.join,
    };
    if (options.colo) throw new ExitError(EXIT.failure, 'xl: COLO is not received by this version\n');
    if (options.tlsListen !== undefined) {
      await listenByTls(context, OWN_XL, options.tlsListen, options.tlsDir ?? TLS_DIRECTORY);
      return EXIT.success;
    }
    if (options.capabilities) {
      const { stdin } = process;
      context.out(`${await answerQuery(await context.host(), stdin.isTTY ? undefined : stdin)}\n`);
      return EXIT.success;
    }
    authenticated();
    if (options.sink) {
      await sinkBytes(process.stdin, context.out);
      return EXIT.success;
    }
    if (options.join !== undefined) {
      await joinLink({ host: await context.host(), id: linkId(options.join), signal: context.signal });
      return EXIT.success;
    }
    if (options.link !== undefined) {
      const { noMonitor, debug, paused, forceCpu } = options;
      const request = { ...context.globals, noMonitor, debug, paused, forceCpu };
      const receiver = withArguments(OWN_XL, receiverArguments(request));
      await openLink({ host: await context.host(), id: linkId(options.link), receiver, signal: context.signal });
      return EXIT.success;
    }
    const say = (text: string) => context.err(`migration target: ${text}\n`);
    const host = await context.host();
    say('Ready to receive domain.');
    try {
      const received = await receiveMigration({
        host,
        connection: descriptorConnection(0, 1, context.signal),
        paused: options.paused,
        missingCpuFeatures: options.forceCpu ? 'force' : 'refuse',
        remus: options.remus,
        parseConfigText: (text) => parseConfigText(context, Buffer.from(text), '<incoming migration stream>'),
        signal: context.signal,
        onEvent(event) {
          if (event.kind === 'header') {
            context.err(loadingLines('<incoming migration stream>', event.header, undefined));
            if (options.debug) context.err(`${JSON.stringify(event.config, undefined, 4)}\n`);
          }
          if (event.kind === 'device-model' && event.report.notice !== undefined) say(`notice: ${event.report.notice}`);
          if (event.kind === 'restored') {
            for (const warning of event.result.warnings) say(`warning: ${warning}`);
          }
          if (event.kind === 'state' && event.state === 'complete') {
            if (options.remus) say('Remus Failover: the sender is gone, the domain goes on here.');
            else say('Transfer complete, requesting permission to start domain.');
          }
          if (event.kind === 'state' && event.state === 'starting') say('Got permission, starting domain.');
          // Stock's spelling: scripts look for it.
          if (event.kind === 'state' && event.state === 'running' && !options.remus)
            say('Domain started successsfully.');
          if (event.kind === 'giving-back') {
            context.err(`xl: ${event.error.message}\n${forceCpuHint(event.error)}`);
            say('Failure, destroying our copy.');
          }
          if (event.kind === 'state' && event.state === 'givenBack') {
            say('Cleanup OK, granting sender permission to resume.');
          }
        },
      });
      if (context.globals.verbosity > 0) say(`${received.name} runs here as domain ${received.domid}.`);
      if (!options.noMonitor && !options.foreground) startMonitor(host, received);
      return EXIT.success;
    } catch (e) {
      if (!isLibxlError(e) && !(e instanceof Error && e.name === 'StreamError')) throw e;
      const rc = isLibxlError(e) ? e.rc : -3;
      const text = e instanceof Error ? e.message : String(e);
      const left = isLibxlError(e) ? (e.details.cleanup ?? []) : [];
      const here = left.length === 0 ? 'Nothing of the domain is left here.' : `Left to do here: ${left.join('; ')}`;
      const failed = `migration target: Domain creation failed (code ${rc}).\n`;
      throw new ExitError(EXIT.failure, `xl: ${text}\n${forceCpuHint(e)}${failed}migration target: ${here}\n`);
    }
  },
);

function authenticated(): void {
  try {
    requireAuthenticatedInput(0);
  } catch (e) {
    if (!isLibxlError(e)) throw e;
    throw new ExitError(EXIT.failure, `xl: ${e.message}\n`);
  }
}

/** Given by a sender's xl: anything else is a mistake. */
function linkId(text: string): string {
  if (/^[0-9a-f]{32}$/.test(text)) return text;
  throw new ExitError(EXIT.usage, "xl: a link's id is 32 hexadecimal digits\n");
}
