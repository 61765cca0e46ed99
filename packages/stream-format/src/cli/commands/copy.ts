import { size } from '../../analyse/numbers.js';
import { BufferedSink } from '../../bytes/buffered-sink.js';
import { copyStream } from '../../stream/copy.js';
import { UsageError } from '../arguments.js';
import { defineCommand, JSON_OPTION, streamOperand } from '../command.js';
import { withInput, withOutput } from '../files.js';
import { json } from '../json.js';

export const copy = defineCommand({
  name: 'copy',
  summary: 'Reads a stream and writes it again, record by record: the same bytes',
  description: [
    'What was compressed is written unpacked. Reserved fields are written as zeros.',
    'OUT appears whole or not at all: it is written under another name beside it, with mode 0600, then renamed.',
  ],
  operands: [streamOperand('IN'), { name: 'OUT', help: 'file to write; - for standard output' }],
  options: JSON_OPTION,
  exitCodes: {
    0: 'the stream was copied',
    1: 'the stream is not what the format says; OUT was not made',
    2: 'a file could not be read or written, or the command was wrong',
  },
  badStream: 1,
  async run([from = '-', to = '-'], options, terminal) {
    if (options.json && to === '-') throw new UsageError('--json and - for OUT both want the standard output');
    let bytes = 0;
    await withOutput(to, async ({ sink }) => {
      const buffered = new BufferedSink({
        writev(parts) {
          for (const part of parts) bytes += part.length;
          return sink.writev(parts);
        },
      });
      await withInput(from, (reader) => copyStream(reader, buffered));
      await buffered.flush();
    });
    if (options.json) await terminal.out(json({ from, to, bytes }));
    else if (to !== '-') await terminal.out(`${to}: ${size(bytes)} copied\n`);
    return 0;
  },
});
