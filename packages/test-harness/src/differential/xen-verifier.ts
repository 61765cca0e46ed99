import { spawnSync } from 'node:child_process';

export interface Sample {
  readonly name: string;
  readonly framing: 'xl' | 'libxl' | 'libxc';
  readonly stream: Uint8Array;
}

/** What Xen's verifier says: undefined where it accepts, its complaint where it doesn't. */
export type XenVerdict = string | undefined;

/** Feeds many streams to Xen's modules in one process: a process for each would take most of the time to start. */
const DRIVER = `
import io, json, struct, sys
from xen.migration.libxc import VerifyLibxc
from xen.migration.libxl import VerifyLibxl

MAGIC = b"Xen saved domain, xl format\\n \\0 \\r"

def judge(framing, stream):
    source = io.BytesIO(stream)
    def exactly(n):
        data = source.read(n)
        if len(data) != n:
            raise IOError("Stream truncated")
        return data
    if framing == "xl":
        if exactly(32) != MAGIC:
            raise ValueError("No xl header")
        _, flags, _, length = struct.unpack("=IIII", exactly(16))
        exactly(length)
        framing = "libxl" if flags & 2 else "libxc"
    kind = VerifyLibxc if framing == "libxc" else VerifyLibxl
    kind(lambda message: None, source.read).verify()

while True:
    head = sys.stdin.buffer.read(12)
    if len(head) < 12:
        break
    framing, length = head[:8].decode().strip(), struct.unpack("<I", head[8:])[0]
    try:
        judge(framing, sys.stdin.buffer.read(length))
        print(json.dumps(None))
    except Exception as error:
        print(json.dumps(type(error).__name__ + ": " + str(error)))
`;

/** Xen's verdict on each stream. */
export function xenVerdicts(tools: { python: string; modules: string }, samples: readonly Sample[]): XenVerdict[] {
  const input = Buffer.concat(
    samples.flatMap(({ framing, stream }) => {
      const head = Buffer.alloc(12, ' ');
      head.write(framing);
      head.writeUInt32LE(stream.length, 8);
      return [head, stream];
    }),
  );
  const { stdout, stderr, status } = spawnSync(tools.python, ['-c', DRIVER], {
    input,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, PYTHONPATH: tools.modules, PYTHONDONTWRITEBYTECODE: '1' },
  });
  if (status !== 0) throw new Error(`Xen's verifier could not be run: ${stderr}`);
  return stdout
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as string | null) ?? undefined);
}
