import { inspectStream } from '../../analyse/inspect.js';
import { defineCommand, JSON_OPTION, streamOperand } from '../command.js';
import { withInput } from '../files.js';
import { inspectionText } from '../inspection-text.js';
import { json } from '../json.js';

export const inspect = defineCommand({
  name: 'inspect',
  summary: 'Shows what is in a stream',
  description: [
    'The guest and its config, records with their sizes, page types, zero pages, how often pages were sent in the ' +
      'passes of a live migration, vcpus, devices and parameters. The whole stream is read.',
  ],
  operands: [streamOperand('FILE')],
  options: JSON_OPTION,
  exitCodes: {
    0: 'the stream was read to its end',
    1: 'the stream is not what the format says',
    2: 'the file could not be read, or the command was wrong',
  },
  badStream: 1,
  async run([path = '-'], options, terminal) {
    const { inspection } = await withInput(path, inspectStream);
    await terminal.out(options.json ? json({ file: path, ...inspection }) : inspectionText(inspection));
    return 0;
  },
});
