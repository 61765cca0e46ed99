import { HOST_BOUND, SECTIONS } from './host-bound.js';

/** The page that says what a comparison looks at and what it leaves out, in Markdown: docs/diff.md. */
export function diffReference(): string {
  const sections = Object.entries(SECTIONS).map(([name, what]) => `| ${name} | ${what} |`);
  const rules = HOST_BOUND.map(
    ({ id, section, what, why }) => `| ${id} | ${section} | ${what.map(field).join('<br>')} | ${why} |`,
  );
  return `# What xen-stream diff compares

Made from \`src/analyse/host-bound.ts\` by \`node scripts/reference.mjs\`; a test checks that it is current.

\`xen-stream diff LEFT RIGHT\` (\`diffStreams\`) compares the guests that a restore of the two streams would make. Of what a
stream has more than once the newest counts: how often a page was sent makes no difference.

## Compared

| section | what |
|---|---|
${sections.join('\n')}

Page tables of a PV guest hold pfns in a stream; they are compared as they stand there. A pfn that a stream calls XTAB
has no page, as one that it does not mention.

Fields are named by section and path, \`*\` below stands for any one step, and a path stands for all below it too.

## Left out, because it belongs to the host

Nothing else is left out. What was, is counted by rule in the last line of the output, and under \`hostBound\` with \`--json\`.

| rule | section | fields | why |
|---|---|---|---|
${rules.join('\n')}

A page of a PV guest counts as part of the tree above its p2m where it is the frame that \`pfn_to_mfn_frame_list_list\`
names, or begins with the mfn of a page that holds the p2m. A page's contents are left out only where the same rule covers
the pfn in both streams.

## Not compared

What only one of the two streams can have, which the output names: the config, where one is no save file of xl; emulators,
where one is a libxc stream; the policies, where one is of version 2.
`;
}

/** Paths as code, descriptions as they are. */
function field(what: string): string {
  return what.includes(' ') ? what : `\`${what}\``;
}
