import { UsageError } from '../arguments.js';
import { defineCommand, JSON_OPTION } from '../command.js';
import { withOutput } from '../files.js';
import { inspectorDocument } from '../inspector-document.js';
import { json } from '../json.js';

/** The page holds nothing of anybody, and is there to be served. */
const PUBLIC = 0o666;

export const inspector = defineCommand({
  name: 'inspector',
  summary: 'Writes a page on which save files can be dropped, and that shows what inspect does',
  description: [
    'One file without anything beside it, for any browser of today and for any web server, or none. Files that are ' +
      'dropped on it are read in the browser: the page has no leave to open a connection, and sends nothing anywhere.',
  ],
  operands: [{ name: 'OUT', help: 'HTML file to write; - for standard output' }],
  options: JSON_OPTION,
  exitCodes: { 0: 'the page was written', 2: 'the file could not be written, or the command was wrong' },
  badStream: 2,
  async run([out = '-'], options, terminal) {
    if (options.json && out === '-') throw new UsageError('--json and - for OUT both want the standard output');
    const document = new TextEncoder().encode(inspectorDocument());
    await withOutput(out, ({ sink }) => sink.writev([document]), PUBLIC);
    if (options.json) await terminal.out(json({ out, bytes: document.length }));
    return 0;
  },
});
