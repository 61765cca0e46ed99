import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { anchorsOf, linksOf } from './markdown.js';

/** Files that are kept, or will be at the next commit: paths from `root`. */
export function keptFiles(root: string): string[] {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const paths = execFileSync('git', args, { cwd: root, encoding: 'utf8' }).split('\0');
  return paths.filter((path) => path !== '' && existsSync(join(root, path)));
}

/**
 * Relative links of the Markdown pages among `files` that lead nowhere: to no kept file or folder, or to no heading of it.
 *
 * @returns one sentence for each, which begins with page and line
 */
export function brokenLinks(root: string, files: readonly string[]): string[] {
  const there = new Set(['.', ...files.flatMap(withFolders)]);
  const text = (path: string) => readFileSync(join(root, path), 'utf8');
  const pages = files.filter((path) => path.endsWith('.md'));
  return pages.flatMap((page) =>
    linksOf(text(page)).flatMap(({ to, line }) => {
      const [path = '', anchor] = to.split('#').map(decodeURIComponent);
      if (/^([a-z][a-z0-9+.-]*:|\/\/)/i.test(to)) return [];
      const target = path === '' ? page : posix.normalize(`${dirname(page)}/${path}`).replace(/\/$/, '');
      const complain = (what: string) => [`${page}:${line}: ${to}: ${what}`];
      if (path.startsWith('/') || !there.has(target)) return complain('there is no such file or folder');
      if (anchor === undefined) return [];
      const has = target.endsWith('.md') && anchorsOf(text(target)).has(anchor);
      return has ? [] : complain(`${target} has no such heading`);
    }),
  );
}

function withFolders(path: string): string[] {
  return path === '.' ? [] : [path, ...withFolders(dirname(path))];
}
