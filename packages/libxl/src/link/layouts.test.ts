import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describeLayout } from '@xen-migration/stream-format';
import { expect, it } from 'vitest';
import { FRAME, HELLO, MAX_BLOCK, WINDOW_BYTES, WINDOW_FRAMES } from './layouts.js';
import { FIRST_SILENCE_MS, SILENCE_MS } from './plan.js';

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
What claims more ends its connection before anything is allocated.

A connection that has brought no byte for ${SILENCE_MS / 1000} seconds is given up, a new one after ${FIRST_SILENCE_MS / 1000}, since the programs at its other end have to start; while the
guest is suspended, the sender gives it up after ten. PING comes every second, and is not held up by --bandwidth. Time in which an end
itself did not run does not count: what came meanwhile has yet to be read. A connection is in doubt after five seconds, and what
it carries goes out again over others, where there are such; it carries on once it is heard of. So an end that is slow is not given up,
and a dead one costs five seconds where there is another connection.

A link without connections is tried to be taken up again: while the guest runs, for as long as --reconnect says (30
seconds); while it is suspended, for five seconds at most, since it is better resumed at the source; once the target may
start it, for a minute at least, since only the target's word says where it runs. A try that was begun by then has five seconds more. The receiving end waits ten seconds
longer than its sender tries. Where the agent at the target is gone, a connection is told so in place of its greeting: the link ends at once.
Which connection was given up, after what silence and how many bytes, and how many frames had come through is said by xl at the sender, and in
\`link.log\` at the target.

Who interrupts \`xl migrate-receive\` at the target, be it the receiver or a process of one of its connections (SIGINT, SIGTERM),
stops the receiver: it removes what it has, the sender is told and keeps its guest. What the sender has not sent by then is not sent any more,
also where the receiver was killed. A second interrupt ends that process at once, and the
rest is done without it. A connection whose process is killed or hung up (SIGHUP) is a broken one. An agent that is killed leaves its socket, which the next
one that wants to join it, or the next link, removes.

What agents have to say goes to \`link.log\` beside their socket, as guardians' words go to \`guardian.log\` and monitors' to
\`monitor.log\`: each is kept for reading, and set aside as NAME.old once it has 256 KiB, in the place of an older one. Nothing else removes
them; they may be removed at any time.

### What it costs

One run of \`npm run bench -- migrate 512\` on the development machine (two virtual cores that both hosts, ssh and other work shared): a
live migration of a full 512 MiB guest with all its start-up and handshakes, as a multiple of the time that \`cat\` takes for its save
file to another process (0.15 s), and \`ssh cat\` to an sshd on the loopback (0.88 s).

| | to \`cat\` | by ssh, to \`ssh cat\` | to plain | by ssh, to plain |
|---|---|---|---|---|
| plain | 6.2 | 2.4 | 1 | 1 |
| \`--streams 1\` | 8.9 | 2.7 | 1.4 | 1.1 |
| \`--streams 4\` | 11.7 | 3.7 | 1.9 | 1.5 |
| \`--compress\` | 11.0 | 3.0 | 1.8 | 1.2 |
| \`--compress --streams 4\` | 13.6 | 3.9 | 2.2 | 1.6 |

A link has two more processes between the two ends, its agents, which is what lets it outlive a connection, and sometimes xl: each reads
and writes every byte once (some 0.5 s of a processor for 512 MiB at the sender, 0.4 s at the receiver, of which most is the kernel's copies and
one turn of Node for each 64 KiB), and each connection beyond the first is one more process of xl at the target that does so. Pages are
passed on in the pieces that they came in; nothing is copied together but what is compressed. zstd (level 1, the fastest) works in threads
of its own; its 512 MiB cost about 0.4 s of a processor that has nothing else to do, whatever it saves.

So where the processors are the limit, as with both hosts on these two cores, a plain connection is the quickest way, and no link can
be quicker than it: what the agents do is added to what the two ends and ssh's two ciphers do. Two machines have the processors for both.
Several connections pay where one ssh's cipher (here 0.6 GB/s) or one TCP connection is the limit, compression where the network is
slower than some 300 MB/s, or the memory compresses well.

${describeLayout(HELLO)}
${describeLayout(FRAME)}`;

it('docs/link.md is what the layouts declare (UPDATE_DOCS=1 writes it)', () => {
  if (process.env.UPDATE_DOCS === '1') {
    mkdirSync(new URL('.', PAGE), { recursive: true });
    writeFileSync(PAGE, page);
  }
  expect(readFileSync(PAGE, 'utf8')).toBe(page);
});
