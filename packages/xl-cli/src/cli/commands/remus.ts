import { type ReplicateOptions, type ReplicationEnd, replicateDomain, replicateToTarget } from '@xen-migration/libxl';
import { defineCommand } from '../command.js';
import { requireDomain } from '../context.js';
import { EXIT, ExitError } from '../exit.js';
import { reachOf, receiverManner } from '../migration/target.js';
import { SSH_OPTION, TLS_OPTIONS } from '../migration/target-options.js';

export const remus = defineCommand(
  {
    name: 'remus',
    summary: 'Enable Remus HA for domain',
    usage: '[options] <Domain> [<host>]',
    options: {
      interval: { short: 'i', value: 'MS', about: 'Checkpoint domain memory every MS milliseconds (def. 200ms).' },
      uncompressed: { short: 'u', about: 'Disable memory checkpoint compression. There is none in this version.' },
      sshCommand: SSH_OPTION,
      noMonitor: { short: 'e', about: 'At the backup nobody waits in the background for the death of the domain.' },
      netbufscript: {
        short: 'N',
        value: '<netbufscript>',
        about: 'Of network buffering, which this version has not.',
      },
      unsafe: { short: 'F', about: 'Allow what is unsafe: -b, -n, -d. In this version nothing else is possible.' },
      blackhole: { short: 'b', about: 'Replicate to nobody, to see what it costs. Only with -F.' },
      noNetbuf: { short: 'n', about: "Do not hold the guest's network traffic back. Only with -F." },
      noDiskbuf: { short: 'd', about: "Do not replicate the guest's disks. Only with -F." },
      colo: { short: 'c', about: 'COLO, which this version has not.' },
      coloProxy: { short: 'p', about: 'For COLO.' },
      ...TLS_OPTIONS,
    },
    // Also with -b, as stock.
    operands: 2,
    modifies: true,
    details:
      'Keeps a copy of the running domain at <host>, which goes on with it when this host fails, or when the domain is\n' +
      'destroyed here. It ends when something fails: where that is the backup, the domain runs on here. Nobody makes sure\n' +
      'that only one of both goes on where merely the connection is lost. Ctrl-C ends it, as such a loss does.',
  },
  async (context, { options, operands: [domain = '', target = ''] }) => {
    // As stock's code, too.
    if (options.coloProxy && !options.colo) throw new ExitError(255, 'Option -p must be used in conjunction with -c');
    const domid = await requireDomain(context, domain);
    const interval = options.interval === undefined ? {} : { interval: Number(options.interval) };
    const reach = options.blackhole ? undefined : reachOf(target, options);
    const replication = {
      host: await context.host(),
      domid,
      signal: context.signal,
      info: {
        ...interval,
        allow_unsafe: options.unsafe ? 'True' : 'False',
        blackhole: options.blackhole ? 'True' : 'False',
        netbuf: options.noNetbuf ? 'False' : 'True',
        diskbuf: options.noDiskbuf ? 'False' : 'True',
        colo: options.colo ? 'True' : 'False',
        userspace_colo_proxy: options.coloProxy ? 'True' : 'False',
      },
      onEvent(event) {
        if (event.kind === 'checkpoint' && context.globals.verbosity > 0) context.err(`checkpoint ${event.count}\n`);
      },
    } as const satisfies ReplicateOptions;
    const receiver = { ...receiverManner(context), noMonitor: options.noMonitor };
    const end = await (reach === undefined
      ? replicateDomain(replication)
      : replicateToTarget({ ...replication, reach, receiver }));
    if (end.kind === 'source-destroyed') {
      context.err('Primary domain has been destroyed.\n');
      return EXIT.success;
    }
    for (const problem of end.problems) context.err(`xl: not done: ${problem}\n`);
    if (end.error.code === 'ERROR_ABORTED') throw new ExitError(EXIT.failure, interruptedText(end));
    const suspended = end.error.code !== 'ERROR_GUEST_TIMEDOUT';
    const what = suspended
      ? 'Remus: Backup failed? resuming domain at primary.'
      : 'Failed to suspend domain at primary.';
    throw new ExitError(EXIT.failure, `xl: ${end.error.message}\n${what}\n`);
  },
);

function interruptedText({ checkpoints }: ReplicationEnd): string {
  const backup =
    checkpoints === 0
      ? 'There is no backup yet.'
      : "The backup can't tell this from a failure, and goes on with its copy: destroy one of both.";
  return `xl: interrupted: the domain runs on here. ${backup}\n`;
}
