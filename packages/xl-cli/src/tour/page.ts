import type { Recorded } from './record.js';
import type { Scene } from './scenes.js';

export interface RecordedScene {
  readonly scene: Scene;
  readonly steps: readonly Recorded[];
}

const PROMPT = '$ ';

/** docs/tour.md */
export function tourPage(scenes: readonly RecordedScene[]): string {
  return `# Every command, as it ran

Recorded by \`UPDATE_DOCS=1 vitest run packages/xl-cli/src/tour\`, which really types each of these lines on a fresh embedded host \`a\` and
its neighbour \`b\`. A test does the same, and looks at what is printed and at the exit statuses; times and sizes are those of the machine
on which the page was made. What each command takes: [xl.md](xl.md).

${scenes.map(sceneText).join('\n')}`;
}

/** The lines that a page says were typed. */
export function typedIn(page: string): string[] {
  return page
    .split('\n')
    .filter((line) => line.startsWith(PROMPT))
    .map((line) => line.slice(PROMPT.length));
}

/** A page that shows some scenes, each between `<!-- recorded: TITLE -->` and `<!-- end -->`, with these ones. */
export function withScenes(page: string, scenes: readonly RecordedScene[]): string {
  return page.replace(/(<!-- recorded: (.*) -->\n)[\s\S]*?(<!-- end -->)/g, (_all, begin, title, end) => {
    const shown = scenes.find(({ scene }) => scene.title === title);
    if (shown === undefined) throw new Error(`no scene is called '${title}'`);
    return `${begin}${block(shown.steps)}${end}`;
  });
}

function sceneText({ scene: { title, about }, steps }: RecordedScene): string {
  return `## ${title}\n\n${about}\n\n${block(steps)}`;
}

const block = (steps: readonly Recorded[]): string => `\`\`\`text\n${steps.map(stepText).join('')}\`\`\`\n`;

function stepText({ typed, printed, status }: Recorded): string {
  const text = printed === '' || printed.endsWith('\n') ? printed : `${printed}\n`;
  return `${PROMPT}${typed}\n${text}${status === 0 ? '' : `[exit status ${status}]\n`}`;
}
