import { pathToFileURL } from 'node:url';
import { escapeMarkup as text } from './escape.js';
import { type CellResult, cellTitle, type Grid, gridOf, isWell, type MatrixReport, summaryOf } from './model.js';
import { STYLE } from './style.js';

/** How many of the slowest cells are listed. */
const SLOWEST = 10;

/** The report as one page that needs nothing else and runs nothing: matrix, failures with their logs, times. */
export function htmlOf(report: MatrixReport): string {
  const { results } = report;
  // What is told of below: in the order of the run, numbered for links.
  const told = results.filter(({ outcome, log }) => outcome !== 'ok' && (outcome !== 'skipped' || log !== undefined));
  const anchors = new Map(told.map((result, i) => [result, `cell-${i + 1}`]));
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    '<meta name="color-scheme" content="light dark">',
    `<title>${text(report.name)}: ${text(summaryOf(results))}</title>`,
    `<style>${STYLE}</style>`,
    '</head>',
    '<body>',
    `<h1>${text(report.name)}</h1>`,
    `<p class="summary ${isWell(report) ? 'ok' : 'failed'}">${text(summaryOf(results))}</p>`,
    facts(report),
    '<h2>Matrix</h2>',
    matrix(gridOf(results), anchors),
    ...(told.length === 0 ? [] : ['<h2>What did not go well</h2>']),
    ...told.map((result) => tell(result, anchors.get(result) ?? '')),
    '<h2>Times</h2>',
    times(report),
    '</body>',
    '</html>',
    '',
  ].join('\n');
}

function facts({ host, began, seconds, seed, command }: MatrixReport): string {
  const entries: [string, string][] = [
    ['host', text(host)],
    ['began', text(began)],
    ['took', `${seconds.toFixed(1)} s`],
    ...(seed === undefined ? [] : ([['seed', String(seed)]] satisfies [string, string][])),
    ['again', `<code>${text(command)}</code>`],
  ];
  return `<dl>${entries.map(([name, value]) => `<dt>${name}</dt><dd>${value}</dd>`).join('')}</dl>`;
}

function matrix(grid: Grid<CellResult>, anchors: ReadonlyMap<CellResult, string>): string {
  const head = grid.columns.map((column) => `<th scope="col">${text(column)}</th>`).join('');
  const rows = grid.rows.map((row) => {
    const cells = grid.columns.map((column) => matrixCell(grid.at(row, column), anchors));
    return `<tr><th scope="row">${text(row)}</th>${cells.join('')}</tr>`;
  });
  return [
    '<div class="wide"><table class="matrix">',
    `<thead><tr><td></td>${head}</tr></thead>`,
    `<tbody>${rows.join('\n')}</tbody>`,
    '</table></div>',
  ].join('\n');
}

function matrixCell(result: CellResult | undefined, anchors: ReadonlyMap<CellResult, string>): string {
  if (result === undefined) return '<td class="none">-</td>';
  const { outcome, seconds, why } = result;
  const time = seconds === undefined ? '' : ` <small>${seconds.toFixed(1)} s</small>`;
  const anchor = anchors.get(result);
  const mark = anchor === undefined ? outcome : `<a href="#${anchor}">${outcome}</a>`;
  return `<td class="${outcome}" title="${text(why ?? cellTitle(result))}">${mark}${time}</td>`;
}

function tell(result: CellResult, anchor: string): string {
  const { outcome, why = '', log, kept = [], command } = result;
  const lines = [
    `<section class="told ${outcome}" id="${anchor}">`,
    `<h3>${text(cellTitle(result))}</h3>`,
    `<p>${outcome}: ${text(why)}</p>`,
    ...kept.map(
      (path) => `<p class="kept">kept: <a href="${text(pathToFileURL(path).href)}"><code>${text(path)}</code></a></p>`,
    ),
    ...(command === undefined ? [] : [`<p>again: <code>${text(command)}</code></p>`]),
    ...(log === undefined ? [] : [`<details open><summary>log</summary><pre>${text(log)}</pre></details>`]),
    '</section>',
  ];
  return lines.join('\n');
}

function times({ results, figures }: MatrixReport): string {
  const slowest = results
    .filter(({ seconds }) => seconds !== undefined)
    .sort((a, b) => (b.seconds ?? 0) - (a.seconds ?? 0))
    .slice(0, SLOWEST)
    .map((result) => ({ what: cellTitle(result), seconds: result.seconds ?? 0 }));
  const steps = figures.map(({ guest, name, seconds }) => ({ what: `${guest}: ${name}`, seconds }));
  return [
    ...(slowest.length === 0 ? [] : [timeTable('the slowest cells', slowest)]),
    ...(steps.length === 0 ? [] : [timeTable('single steps', steps)]),
  ].join('\n');
}

function timeTable(caption: string, rows: readonly { readonly what: string; readonly seconds: number }[]): string {
  const longest = Math.max(...rows.map(({ seconds }) => seconds), Number.EPSILON);
  const lines = rows.map(({ what, seconds }) => {
    const bar = `<td><meter max="${longest}" value="${seconds}"></meter></td>`;
    return `<tr><th scope="row">${text(what)}</th><td class="number">${seconds.toFixed(2)} s</td>${bar}</tr>`;
  });
  return `<table class="times"><caption>${text(caption)}</caption><tbody>${lines.join('\n')}</tbody></table>`;
}
