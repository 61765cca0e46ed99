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

Who interrupts \`xl migrate-receive\` at the target, be it the receiver or a process of one of its connections (SIGINT, SIGTERM),
stops the receiver: it removes what it has, the sender is told and keeps its guest. A second interrupt ends that process at once, and the
rest is done without it. A connection whose process is killed or hung up (SIGHUP) is a broken one. An agent that is killed leaves its socket, which the next
one that wants to join it, or the next link, removes.

What agents have to say goes to \`link.log\` beside their socket, as guardians' words go to \`guardian.log\` and monitors' to
\`monitor.log\`: each is kept for reading, and set aside as NAME.old once it has 256 KiB, in the place of an older one. Nothing else removes
them; they may be removed at any time.

### What it costs

One run of \`npm run bench\` on the development machine (two virtual cores that both hosts, ssh and other work shared): a live migration of
a full 512 MiB guest with all its start-up and handshakes, as a multiple of the time that \`cat\` takes for its save file to another process
(0.24 s), and \`ssh cat\` to an sshd on the loopback (1.15 s).

| | to \`cat\` | by ssh, to \`ssh cat\` |
|---|---|---|
| plain | 5.3 | 2.8 |
| \`--streams 1\` | 8.4 | 4.0 |
| \`--streams 4\` | 12.1 | 3.5 |
| \`--compress\` | 11.1 | 2.9 |
| \`--compress --streams 4\` | 11.3 | 3.5 |

A link has three more processes between the two ends, each of which copies the bytes once in each direction: where the processors are the
limit, as here, a plain connection is the quickest way. Several connections pay where one ssh's cipher or one TCP connection is the limit,
compression where the network is. Beside the copies it is start-up that shows: each connection is a process of xl at the target.

${describeLayout(HELLO)}
${describeLayout(FRAME)}`;

it('docs/link.md is what the layouts declare (UPDATE_DOCS=1 writes it)', () => {
  if (process.env.UPDATE_DOCS === '1') {
    mkdirSync(new URL('.', PAGE), { recursive: true });
    writeFileSync(PAGE, page);
  }
  expect(readFileSync(PAGE, 'utf8')).toBe(page);
});
