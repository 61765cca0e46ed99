import {
  Application,
  type CommentDisplayPart,
  Logger,
  LogLevel,
  type ProjectReflection,
  ReflectionKind,
} from 'typedoc';
import { root } from '../workspace.js';
import { headingsOf } from './markdown.js';

/** Where `npm run docs` puts the site. */
export const SITE = `${root}site`;

/**
 * The documentation as pages that need no server and nothing of a network: README, ARCHITECTURE, CONTRIBUTING, the tutorials;
 * of each package its README, its pages (those too that are made from declarations: the format reference, the commands), and
 * what it exports.
 *
 * @returns what typedoc complains of, a link that leads nowhere among it
 */
export async function buildSite(folder: string): Promise<readonly string[]> {
  const logger = new Complaints();
  const app = await Application.bootstrap({
    name: 'xen-migration',
    readme: `${root}README.md`,
    entryPointStrategy: 'packages',
    entryPoints: [`${root}packages/*`],
    // The build has checked the types; here they are only read.
    packageOptions: {
      projectDocuments: ['docs/*.md', '{examples,testdata}/*.md'],
      skipErrorChecking: true,
      validation: false,
      // Links into a repository whose address a clone may not have.
      disableSources: true,
    },
    projectDocuments: ['ARCHITECTURE.md', 'CONTRIBUTING.md', 'docs/*.md', 'docs/tutorials/*.md'].map(
      (path) => root + path,
    ),
    validation: { invalidLink: true, invalidPath: true, rewrittenLink: true, notExported: false, notDocumented: false },
    highlightLanguages: ['sh', 'ts', 'js', 'json', 'yaml', 'diff', 'console'],
    customCss: `${root}tools/docs/site.css`,
    navigation: { includeFolders: false },
    includeHierarchySummary: false,
    searchInDocuments: true,
    cleanOutputDir: true,
    hideGenerator: true,
  });
  app.logger = logger;
  const project = await app.convert();
  if (project === undefined) return ['typedoc could not read the packages', ...logger.complaints];
  nameForReaders(project);
  await app.generateDocs(project, folder);
  return logger.complaints;
}

/** A page is called as its first heading says, not as its file; what a package exports under its own name is its index. */
function nameForReaders(project: ProjectReflection): void {
  for (const page of project.getReflectionsByKind(ReflectionKind.Document)) {
    if (page.isDocument()) page.name = headingsOf(sourceOf(page.content))[0] ?? page.name;
  }
  for (const entry of project.getReflectionsByKind(ReflectionKind.Module)) {
    if (entry.name === '') entry.name = 'index';
  }
}

function sourceOf(content: readonly CommentDisplayPart[]): string {
  return content.map(({ text }) => text).join('');
}

class Complaints extends Logger {
  readonly complaints: string[] = [];

  override log(message: string, level: LogLevel): void {
    // Not every package has examples.
    if (level >= LogLevel.Warn && !message.includes('testdata}/*.md did not match any files'))
      this.complaints.push(message);
  }
}
