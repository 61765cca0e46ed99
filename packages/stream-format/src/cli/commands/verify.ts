import { FRAMING_TEXT } from '../../analyse/inspection-tables.js';
import { count, hex, size } from '../../analyse/numbers.js';
import type { Problem } from '../../verify/findings.js';
import { type VerifyReport, verifyStream } from '../../verify/verify-stream.js';
import { defineCommand, JSON_OPTION, streamOperand } from '../command.js';
import { withInput } from '../files.js';
import { json } from '../json.js';

export const verify = defineCommand({
  name: 'verify',
  summary: 'Checks a stream against the format and says all that is wrong with it',
  description: [
    'Each problem comes with its offset in bytes (of what is inside, where the file is compressed), the record by ' +
      'index and type, the rule that it breaks, and the section of the specification.',
    'A warning is no problem of the format, but something that a restored guest may die of, such as a page table ' +
      'that its saver has lost.',
  ],
  operands: [streamOperand('FILE')],
  options: {
    'stop-at-first': { type: 'boolean', help: 'end at the first problem' },
    ...JSON_OPTION,
  },
  exitCodes: {
    0: 'the stream is valid, perhaps with warnings',
    1: 'the stream has problems',
    2: 'the file could not be read, or the command was wrong',
  },
  badStream: 1,
  async run([path = '-'], options, terminal) {
    const stopAtFirst = options['stop-at-first'];
    const report = await withInput(path, (reader) => verifyStream(reader, { stopAtFirst }));
    const valid = report.problems.length === 0;
    await terminal.out(options.json ? json({ file: path, valid, ...report }) : verifyText(path, report));
    return valid ? 0 : 1;
  },
});

function verifyText(path: string, { problems, warnings, stats }: VerifyReport): string {
  const findings = [...problems, ...warnings].sort((a, b) => a.offset - b.offset);
  const kind = stats.framing === undefined ? 'no known stream' : FRAMING_TEXT[stats.framing];
  const content = `${count(stats.libxcRecords, 'libxc record')}, ${count(stats.pages, 'page')}, ${size(stats.bytes)}`;
  const tallies = [
    ...(problems.length > 0 ? [count(problems.length, 'problem')] : []),
    ...(warnings.length > 0 ? [count(warnings.length, 'warning')] : []),
    ...(stats.suppressed > 0 ? [`${stats.suppressed} more not listed`] : []),
  ];
  const verdict = [problems.length === 0 ? 'valid' : 'not valid', ...tallies].join(', ');
  return [...findings.map(findingText), `${path}: ${verdict} (${kind}, ${content})`, ''].join('\n');
}

function findingText({ severity, offset, layer, message, rule, spec, ...record }: Problem): string {
  const { recordIndex, recordName, recordType } = record;
  const place =
    recordIndex === undefined ? layer : `${layer} record ${recordIndex} (${recordName}, type ${hex(recordType ?? 0)})`;
  return `${severity}: offset ${offset}: ${place}: ${message} [${rule}; ${spec}]`;
}
