import { readdirSync, readFileSync } from 'node:fs';
import { dirname, posix } from 'node:path';

/**
 * What the pages in a folder refer to that is not there: a link to a page or a part of it, a picture, style or script. So is
 * what would be fetched from elsewhere.
 *
 * @returns one sentence for each
 */
export function brokenSiteLinks(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const there = new Set(files);
  const pages = new Map(
    files.filter((path) => path.endsWith('.html')).map((path) => [path, pageAt(`${folder}/${path}`)]),
  );
  return [...pages].flatMap(([path, { references }]) =>
    references.flatMap(({ element, to }) => {
      if (/^([a-z][a-z0-9+.-]*:|\/\/)/i.test(to))
        return element === 'a' ? [] : [`${path}: ${to} is fetched from elsewhere`];
      const [name = '', anchor = ''] = to.split('#').map(decodeURIComponent);
      const target = name === '' ? path : posix.join(dirname(path), name);
      if (!there.has(target)) return [`${path}: there is no ${to}`];
      const { anchors } = pages.get(target) ?? {};
      return anchor === '' || anchors === undefined || anchors.has(anchor)
        ? []
        : [`${path}: ${target} has no ${anchor}`];
    }),
  );
}

interface Page {
  readonly references: readonly { readonly element: string; readonly to: string }[];
  readonly anchors: ReadonlySet<string>;
}

/** A page as typedoc writes it: attributes in double quotes, text without a bare `<`. */
function pageAt(path: string): Page {
  const references: Page['references'][number][] = [];
  const anchors = new Set<string>();
  for (const [, element = '', attributes = ''] of readFileSync(path, 'utf8').matchAll(
    /<([a-z][a-z0-9]*)((?:\s+[^\s=>]+(?:="[^"]*")?)+)/gi,
  )) {
    for (const [, name, value = ''] of attributes.matchAll(/\s([^\s=]+)="([^"]*)"/g)) {
      const text = value
        .replaceAll('&quot;', '"')
        .replaceAll('&#39;', "'")
        .replaceAll('&lt;', '<')
        .replaceAll('&amp;', '&');
      if (name === 'id') anchors.add(text);
      if (name === 'href' || name === 'src') references.push({ element, to: text });
    }
  }
  return { references, anchors };
}
