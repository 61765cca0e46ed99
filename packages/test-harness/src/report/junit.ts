import { escapeMarkup } from './escape.js';
import { type CellResult, columnOf, countOutcomes, type MatrixReport, rowOf } from './model.js';

/** JUnit's XML, as CI servers read it: one test case for each cell. */
export function junitOf(report: MatrixReport): string {
  const { ok: _ok, ...counts } = countOutcomes(report.results);
  const numbers = {
    tests: report.results.length,
    failures: counts.failed,
    errors: counts.missing,
    skipped: counts.skipped,
    time: report.seconds.toFixed(3),
    timestamp: report.began,
  };
  const properties = { host: report.host, command: report.command, seed: report.seed };
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuite ${attributes({ name: report.name, ...numbers })}>`,
    '<properties>',
    ...Object.entries(properties)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `<property ${attributes({ name, value })}/>`),
    '</properties>',
    ...report.results.map((result) => testCase(report.host, result)),
    '</testsuite>',
    '',
  ].join('\n');
}

function testCase(host: string, result: CellResult): string {
  const classname = [host, ...columnOf(result).split(' ')].join('.');
  const time = result.seconds?.toFixed(3);
  const head = `<testcase ${attributes({ classname, name: rowOf(result), ...(time === undefined ? {} : { time }) })}>`;
  const log = result.log === undefined ? '' : `<system-out>${escapeMarkup(result.log)}</system-out>`;
  return `${head}${verdict(result)}${log}</testcase>`;
}

function verdict({ outcome, why = '', kept = [], command }: CellResult): string {
  if (outcome === 'ok') return '';
  if (outcome === 'skipped') return `<skipped ${attributes({ message: why })}/>`;
  const tag = outcome === 'failed' ? 'failure' : 'error';
  const lines = [...kept.map((path) => `kept: ${path}`), ...(command === undefined ? [] : [`again: ${command}`])];
  return `<${tag} ${attributes({ message: why })}>${escapeMarkup(lines.join('\n'))}</${tag}>`;
}

function attributes(values: Readonly<Record<string, string | number | undefined>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}="${escapeMarkup(String(value))}"`)
    .join(' ');
}
