import { type AfterSave, isLibxlError, type LibxlError, saveToFile } from '@xen-migration/libxl';
import { defineCommand } from '../command.js';
import { NOT_RETRIEVED, OVERRIDE_UNREADABLE, readConfigFile } from '../config-file.js';
import { printJson, requireDomain } from '../context.js';
import { EXIT, ExitError } from '../exit.js';
import { savingLine, showSaveEvent } from '../format/transfer.js';
import { progressFor } from '../progress.js';

export const save = defineCommand(
  {
    name: 'save',
    summary: 'Save a domain state to restore later',
    usage: '[options] <Domain> <CheckpointFile> [<ConfigFile>]',
    options: {
      checkpoint: { short: 'c', about: 'Let the domain run on once it is saved.' },
      paused: { short: 'p', about: 'Keep the domain, paused, once it is saved.' },
      preserveDomid: { short: 'D', about: 'Put the domain id into the file, for the restore to use.' },
      base: {
        long: 'base',
        about: 'Make the file one that incremental saves can build upon. The domain runs on.',
      },
      incremental: {
        long: 'incremental',
        value: '<file>',
        about:
          'Save what the domain has written since <file>, its last save with --base or --incremental. The domain runs on.',
      },
      json: { long: 'json', about: 'Print a report as JSON at the end.' },
    },
    operands: 2,
    mostOperands: 3,
    modifies: true,
    details:
      'The file appears whole or not at all: it is written under a temporary name beside it, synced and renamed; its mode\n' +
      "is 0600. '-' writes to the standard output, for a pipe. Without -c and -p the domain is destroyed once the file is\n" +
      'whole. Whatever fails, the domain runs on.\n' +
      "Incremental saves are restored by 'xl restore --chain', and merged into one ordinary file by 'xen-stream merge'.",
  },
  async (context, { options, operands }) => {
    const [domain = '', file = '', configFile] = operands;
    const domid = await requireDomain(context, domain);
    const config =
      configFile === undefined
        ? undefined
        : await readConfigFile(context, configFile, { unreadable: OVERRIDE_UNREADABLE });
    const chain = chainOf(options);
    const runsOn = options.checkpoint || chain !== undefined;
    const after: AfterSave = options.paused ? 'resume-paused' : runsOn ? 'resume' : 'destroy';
    const progress = progressFor(context, 'save');
    try {
      const report = await saveToFile({
        host: await context.host(),
        domid,
        to: file === '-' ? 1 : file,
        after,
        ...(chain === undefined ? {} : { chain }),
        preserveDomid: options.preserveDomid,
        ...(config === undefined ? {} : { config }),
        signal: context.signal,
        onEvent(event) {
          if (event.kind === 'saving') context.err(savingLine(file === '-' ? '<standard output>' : file, event.header));
          else if (event.kind === 'resuming-source') progress.clear();
          else showSaveEvent(progress, event);
        },
      });
      progress.clear();
      for (const problem of report.problems) context.err(`xl: the file is whole, but: ${problem}\n`);
      if (options.json) printJson(context, { ...report, file, after });
      return report.problems.length === 0 ? EXIT.success : EXIT.failure;
    } catch (e) {
      progress.clear();
      if (!isLibxlError(e)) throw e;
      throw new ExitError(EXIT.failure, `xl: ${e.message} (${e.code} ${e.rc})\n${lastWords(e, file)}\n`);
    }
  },
);

/** Stock's. */
function lastWords(e: LibxlError, file: string): string {
  if (e.code === 'ERROR_DOMAIN_NOTFOUND' || e.code === 'ERROR_JSON_CONFIG_EMPTY') {
    return NOT_RETRIEVED;
  }
  const { cause } = e.details;
  const notOpened = cause instanceof Error && 'syscall' in cause && cause.syscall === 'open';
  return notOpened ? `Failed to open temp file ${file} for writing` : 'Failed to save domain, resuming domain';
}

function chainOf({ base, incremental }: { readonly base: boolean; readonly incremental: string | undefined }) {
  if (base && incremental !== undefined) {
    throw new ExitError(EXIT.usage, 'xl: a save is a --base or --incremental, not both\n');
  }
  if (incremental !== undefined) return { kind: 'delta', parent: incremental } as const;
  return base ? ({ kind: 'base' } as const) : undefined;
}
