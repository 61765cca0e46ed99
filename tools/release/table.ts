import type { Rehearsal } from './rehearsal.js';
import type { Trial } from './trial.js';

/** What was published and what ran, as lines of text: a package in each, a column for each Node. */
export function resultTable(
  { versions, published }: Pick<Rehearsal, 'versions' | 'published'>,
  trials: readonly Trial[],
) {
  const nodes = [...new Set(trials.map(({ node }) => node))];
  const header = ['package', 'was', 'published', 'size', ...nodes.map((node) => `alone, Node ${node}`)];
  const rows = [...published].map(([of, { version, size }]) => [
    of.manifest.name,
    versions.find((made) => made.of.name === of.name)?.from ?? version,
    version,
    `${(size / 1024).toFixed(0)} KiB`,
    ...nodes.map((node) => cell(trials.find((trial) => trial.name === of.name && trial.node === node))),
  ]);
  return aligned([header, ...rows]);
}

function cell(trial: Trial | undefined): string {
  if (trial === undefined) return '-';
  if (trial.problem !== undefined) return 'FAILED';
  return `ok, ${trial.packages} packages, ${trial.seconds.toFixed(1)} s`;
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
