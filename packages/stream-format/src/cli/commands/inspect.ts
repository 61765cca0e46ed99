import { basename } from 'node:path';
import { inspectStream } from '../../analyse/inspect.js';
import { inspectionPage } from '../../analyse/inspection-page.js';
import { UsageError } from '../arguments.js';
import { defineCommand, JSON_OPTION, streamOperand } from '../command.js';
import { withInput, withOutput } from '../files.js';
import { inspectionText } from '../inspection-text.js';
import { reportDocument } from '../inspector-document.js';
import { json } from '../json.js';

export const inspect = defineCommand({
  name: 'inspect',
  summary: 'Shows what is in a stream',
  description: [
    'The guest and its config, records with their sizes, page types, zero pages, how often pages were sent in the ' +
      'passes of a live migration, vcpus, devices and parameters. The whole stream is read.',
    "With --html the same as a page with a picture of the guest's memory: page types, zero pages, and pages that were " +
      'sent again, by pass. The page is one file without anything beside it. It has no memory contents in it, but the ' +
      'config and registers.',
  ],
  operands: [streamOperand('FILE')],
  options: {
    html: { type: 'string', placeholder: 'OUT', help: 'write a page instead; - for standard output' },
    ...JSON_OPTION,
  },
  exitCodes: {
    0: 'the stream was read to its end',
    1: 'the stream is not what the format says',
    2: 'a file could not be read or written, or the command was wrong',
  },
  badStream: 1,
  async run([path = '-'], { html, json: asJson }, terminal) {
    if (asJson && html === '-') throw new UsageError('--json and --html - both want the standard output');
    const found = await withInput(path, inspectStream);
    const { inspection } = found;
    if (html !== undefined) {
      const name = path === '-' ? 'standard input' : basename(path);
      const document = new TextEncoder().encode(await reportDocument(inspectionPage(name, found)));
      await withOutput(html, ({ sink }) => sink.writev([document]));
    }
    if (asJson) await terminal.out(json({ file: path, ...inspection }));
    else if (html === undefined) await terminal.out(inspectionText(inspection));
    return 0;
  },
});
