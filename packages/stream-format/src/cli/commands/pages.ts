import { type ImageReport, writeMemoryImage } from '../../analyse/memory-image.js';
import { count, size } from '../../analyse/numbers.js';
import { UsageError } from '../arguments.js';
import { defineCommand, JSON_OPTION, streamOperand } from '../command.js';
import { withInput, withOutput } from '../files.js';
import { json } from '../json.js';

export const pages = defineCommand({
  name: 'pages',
  summary: "Writes the guest's memory, as it is at the end of the stream, to a file",
  description: [
    'raw: page n of the guest (its pfn) stands at n * 4096; where the guest has no memory the file has a hole.',
    'elf: a core file for gdb, crash and the like, with a segment for each run of pages and the registers of the ' +
      "vcpus as threads. Addresses are the guest's physical ones: x/4xb 0x1000 shows page 1. Registers of 32-bit " +
      'guests are widened.',
    'Page tables of a PV guest stand in the image as they stand in the stream: with pfns in them.',
    'The file appears whole or not at all, with mode 0600.',
  ],
  operands: [streamOperand('FILE')],
  options: {
    out: { type: 'string', short: 'o', placeholder: 'IMAGE', help: 'file to write' },
    format: { type: 'string', values: ['raw', 'elf'], help: 'raw if not said' },
    ...JSON_OPTION,
  },
  exitCodes: {
    0: 'the image was written',
    1: 'the stream is not what the format says; the image was not made',
    2: 'a file could not be read or written, or the command was wrong',
  },
  badStream: 1,
  async run([path = '-'], options, terminal) {
    const { out, json: asJson } = options;
    if (out === undefined) throw new UsageError('--out is missing');
    if (out === '-') throw new UsageError('--out must be a file: an image is written in any order');
    const format = options.format === 'elf' ? 'elf' : 'raw';
    const report = await withOutput(out, ({ image }) =>
      withInput(path, (reader) => writeMemoryImage(reader, image, format)),
    );
    await terminal.out(asJson ? json({ file: path, out, ...report }) : pagesText(out, report));
    return 0;
  },
});

function pagesText(out: string, { format, size: bytes, pages: n, zero, runs, vcpus }: ImageReport): string {
  const registers = format === 'elf' ? `, registers of ${count(vcpus, 'vcpu')}` : '';
  return `${out}: ${count(n, 'page')} in ${count(runs, 'run')}, ${zero} of them zero, ${size(bytes)}${registers}\n`;
}
