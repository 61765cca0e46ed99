import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CompilerState, Extractor, ExtractorConfig } from '@microsoft/api-extractor';
import type { Package } from '../workspace.js';

/** Something of a package that can be imported: `.` is `index`, `./embedded` is `embedded`, `./a/b` is `a-b`. */
export interface EntryPoint {
  readonly name: string;
  /** The declarations that TypeScript made of it. */
  readonly types: string;
}

export function entryPoints(of: Package): EntryPoint[] {
  return Object.entries(of.manifest.exports ?? {}).flatMap(([path, target]) => {
    if (typeof target === 'string') return [];
    const name = path === '.' ? 'index' : path.slice(2).replaceAll('/', '-');
    return [{ name, types: join(of.folder, target.types) }];
  });
}

const compilerOptions = {
  target: 'ES2022',
  lib: ['ES2023'],
  module: 'NodeNext',
  moduleResolution: 'NodeNext',
  strict: true,
  skipLibCheck: true,
  types: ['node'],
};

const silent = { default: { logLevel: 'none' as never } };

/**
 * What each entry point of a package promises, as declarations of TypeScript in the order of their names: what it exports,
 * and what is reachable from there. Neither comments nor private members are in it. It is made of the build (`dist`).
 */
export function apiReports(of: Package): Map<string, string> {
  const folder = mkdtempSync(join(tmpdir(), 'api-report-'));
  try {
    const entries = entryPoints(of);
    const configs = entries.map((entry) => configuration(of, entry, folder));
    const compilerState = CompilerState.create(configs[0]!, { additionalEntryPoints: entries.map((e) => e.types) });
    return new Map(entries.map(({ name }, i) => [name, report(configs[i]!, compilerState)]));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function configuration(of: Package, entry: EntryPoint, folder: string): ExtractorConfig {
  return ExtractorConfig.prepare({
    packageJsonFullPath: join(of.folder, 'package.json'),
    configObjectFullPath: undefined,
    configObject: {
      projectFolder: of.folder,
      mainEntryPointFilePath: entry.types,
      newlineKind: 'lf',
      compiler: { overrideTsconfig: { compilerOptions, files: [entry.types] } },
      apiReport: {
        enabled: true,
        reportFolder: folder,
        reportTempFolder: folder,
        reportFileName: entry.name,
        includeForgottenExports: true,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: { extractorMessageReporting: silent, tsdocMessageReporting: silent },
    },
  });
}

function report(config: ExtractorConfig, compilerState: CompilerState): string {
  const problems: string[] = [];
  Extractor.invoke(config, {
    compilerState,
    localBuild: true,
    messageCallback: (message) => {
      message.handled = true;
      if (message.category === 'Compiler') problems.push(message.formatMessageWithLocation(config.projectFolder));
    },
  });
  if (problems.length > 0) throw new Error(`declarations that do not compile:\n${problems.join('\n')}`);
  return normalise(readFileSync(config.reportFilePath, 'utf8'));
}

/** The code of api-extractor's page without its remarks, as a file that TypeScript reads. */
function normalise(page: string): string {
  const code = /^```ts\n(.*?)^```$/ms.exec(page)?.[1];
  if (code === undefined) throw new Error('api-extractor made a report without code');
  const lines = code
    .split('\n')
    .filter((line) => !/^\s*\/\/ /.test(line))
    .map((line) => line.replace(/^(?=(abstract class|class|function|const|let|enum|namespace) )/, 'declare '));
  const text = lines
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
  return text === '' ? 'export {};\n' : `${text}\n`;
}
