import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describeLayout } from '@xen-migration/stream-format';
import { expect, it } from 'vitest';
import { FRAME, HELLO, MAX_BLOCK, WINDOW_BYTES, WINDOW_FRAMES } from './layouts.js';

const PAGE = new URL('../../docs/link.md', import.meta.url);

const page = `# The link

Made from \`src/link/layouts.ts\` by \`UPDATE_DOCS=1 vitest run packages/libxl/src/link\`; the test checks that it is current.

A link carries one migration between two agents of this toolstack (\`xl migrate --compress, --streams, --reconnect\`): one
ordered stream of bytes each way, over one or more connections, which are made by ssh or TLS and may break. A stock
receiver never meets it: the sender asks before what the target is (\`xl migrate-receive --capabilities\`).

\`\`\`text
xl migrate --pipes-- agent ==ssh HOST xl migrate-receive --link ID==+
                          ==ssh HOST xl migrate-receive --join ID==+-- agent --pipes-- xl migrate-receive
\`\`\`

Each connection begins with a HELLO in both directions, frames follow. Numbers are little-endian. DATA and END are
numbered; any of them may go over any connection, and the receiving end delivers them once and in order. What was not
acknowledged on a connection that broke goes out again over another one. An end keeps at most
${WINDOW_BYTES / 2 ** 20} MiB and ${WINDOW_FRAMES} frames unacknowledged; a DATA frame carries at most ${MAX_BLOCK / 2 ** 10} KiB.
What claims more ends its connection before anything is allocated. A connection from which nothing is heard for ten
seconds is given up; PING comes every second.

A link without connections is tried to be taken up again: while the guest runs, for as long as --reconnect says (30
seconds); while it is suspended, for five seconds at most, since it is better resumed at the source; once the target may
start it, for a minute at least, since only the target's word says where it runs. The receiving end waits five seconds
longer than its sender tries.

${describeLayout(HELLO)}
${describeLayout(FRAME)}`;

it('docs/link.md is what the layouts declare (UPDATE_DOCS=1 writes it)', () => {
  if (process.env.UPDATE_DOCS === '1') {
    mkdirSync(new URL('.', PAGE), { recursive: true });
    writeFileSync(PAGE, page);
  }
  expect(readFileSync(PAGE, 'utf8')).toBe(page);
});
