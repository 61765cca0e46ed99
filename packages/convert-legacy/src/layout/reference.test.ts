import { fileURLToPath } from 'node:url';
import { describeLayout } from '@xen-migration/stream-format';
import { expect, it } from 'vitest';
import { CHUNK, type ChunkName, hvmParamOf } from './chunks.js';
import * as layouts from './layouts.js';

const PAGE = `# The legacy format

Streams of Xen 4.5 and older, as this package reads them: made from \`src/layout\` by its test (\`vitest run reference -u\`).
Numbers are little-endian. An unsigned long has 4 bytes where a 32-bit toolstack wrote the stream and 8 where a 64-bit one
did, which the stream does not say. What surrounds these structures is drawn in \`src/convert/convert.ts\` and \`body.ts\`.
`;

it('docs/legacy-format.md is what the layouts say now', async () => {
  const structures = Object.values(layouts).filter((layout) => typeof layout === 'object');
  const chunks = Object.entries(CHUNK).map(([name, number]) => {
    const param = hvmParamOf(name as ChunkName);
    return `| ${number} | ${name} | ${param === undefined ? '' : param} |`;
  });
  const page = [
    PAGE,
    '## Chunks\n',
    `| number | chunk | HVM parameter |\n|---|---|---|\n| 1 to 1024 | pages | |\n${chunks.join('\n')}\n`,
    '## Structures\n',
    ...structures.map((layout) => describeLayout(layout)),
  ].join('\n');
  await expect(page).toMatchFileSnapshot(fileURLToPath(new URL('../../docs/legacy-format.md', import.meta.url)));
});
