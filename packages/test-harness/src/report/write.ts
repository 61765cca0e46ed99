import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { htmlOf } from './html.js';
import { junitOf } from './junit.js';
import type { MatrixReport } from './model.js';

/** Names of a report's files in its folder. */
export const REPORT_FILES = { json: 'matrix.json', junit: 'matrix.xml', html: 'matrix.html' } as const;

/** Writes a report in all its forms. @returns the path of its page */
export function writeReport(folder: string, report: MatrixReport): string {
  mkdirSync(folder, { recursive: true });
  const page = join(folder, REPORT_FILES.html);
  writeFileSync(join(folder, REPORT_FILES.json), `${JSON.stringify(report, undefined, 1)}\n`);
  writeFileSync(join(folder, REPORT_FILES.junit), junitOf(report));
  writeFileSync(page, htmlOf(report));
  return page;
}
