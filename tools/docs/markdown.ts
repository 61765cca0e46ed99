import GithubSlugger from 'github-slugger';
import MarkdownIt from 'markdown-it';

const parser = new MarkdownIt();

export interface Link {
  readonly to: string;
  /** Counted from 1. */
  readonly line: number;
}

/** Links and images, in the order of the page. */
export function linksOf(markdown: string): Link[] {
  let line = 0;
  return parser.parse(markdown, {}).flatMap(({ map, children }) => {
    if (map !== null) line = map[0] + 1; // a cell of a table has no line of its own, its row has
    const targets = (children ?? []).map((child) => child.attrGet('href') ?? child.attrGet('src'));
    return targets.flatMap((to) => (to === null ? [] : [{ to: String(to), line }]));
  });
}

/** The texts of the headings, without their marks. */
export function headingsOf(markdown: string): string[] {
  const tokens = parser.parse(markdown, {});
  const headings = tokens.flatMap(({ type }, i) => (type === 'heading_open' ? [tokens[i + 1]?.children ?? []] : []));
  return headings.map((parts) => parts.map((part) => (part.type === 'image' ? '' : part.content)).join(''));
}

/** What may stand behind `#` in a link to the page: GitHub's names of its headings. */
export function anchorsOf(markdown: string): Set<string> {
  const slugger = new GithubSlugger();
  return new Set(headingsOf(markdown).map((text) => slugger.slug(text)));
}

export interface FencedBlock {
  readonly language: string;
  /** What stands behind the language. */
  readonly about: string;
  readonly text: string;
  /** Of the opening fence, counted from 1. */
  readonly line: number;
}

export function fencedBlocksOf(markdown: string): FencedBlock[] {
  return parser.parse(markdown, {}).flatMap(({ type, info, content, map }) => {
    if (type !== 'fence') return [];
    const [language = '', ...about] = info.trim().split(/\s+/);
    return [{ language, about: about.join(' '), text: content, line: (map?.[0] ?? 0) + 1 }];
  });
}
