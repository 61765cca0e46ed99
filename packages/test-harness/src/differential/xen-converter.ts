import { spawnSync } from 'node:child_process';
import type { LegacySample } from '../legacy/matrix.js';
import type { FoundXenTools } from '../xen-tools.js';

/** What Xen's script makes of a stream: its output, or why there is none. */
export type ScriptResult = { readonly sha256: string; readonly length: number } | { readonly refused: string };

/**
 * The script as a module, in one process for many streams: starting it anew would take most of the time. Its constant
 * for the magic of an xl header is text where bytes are compared, so that it refuses every header: it is mended here,
 * to see the rest of what the script does with a header. Its memory is bounded: for a count in a damaged stream it would
 * take what the machine has.
 */
const DRIVER = `
import hashlib, importlib.machinery, importlib.util, io, json, resource, struct, sys

resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[2]) << 20,) * 2)

loader = importlib.machinery.SourceFileLoader("convert_legacy_stream", sys.argv[1])
script = importlib.util.module_from_spec(importlib.util.spec_from_loader("convert_legacy_stream", loader))
loader.exec_module(script)
script.xl.MAGIC = script.xl.MAGIC.encode("latin1")
said = []
script.err = said.append

def convert(job, stream):
    script.fin, script.fout = io.BytesIO(stream), io.BytesIO()
    script.twidth, script.pv, script.qemu = job["width"], job["pv"], not job["skipQemu"]
    del said[:]
    try:
        if job["xlHeader"]:
            script.skip_xl_header(job["format"])
        if script.read_legacy_stream(script.VM(job["format"])) != 0:
            return {"refused": (said[1] if len(said) > 1 else "").strip().split("\\n")[-1]}
    except Exception as error:
        return {"refused": type(error).__name__ + ": " + str(error)}
    out = script.fout.getbuffer()
    return {"sha256": hashlib.sha256(out).hexdigest(), "length": len(out)}

while True:
    head = sys.stdin.buffer.read(8)
    if len(head) < 8:
        break
    job, length = struct.unpack("<II", head)
    job = json.loads(sys.stdin.buffer.read(job))
    print(json.dumps(convert(job, sys.stdin.buffer.read(length))))
`;

/** MiB of memory that small streams, damaged or not, are converted in. */
const MEMORY_MIB = 160;

/** What the script makes of each stream. */
export function scriptResults(
  tools: FoundXenTools,
  samples: readonly LegacySample[],
  memoryMib = MEMORY_MIB,
): ScriptResult[] {
  const input = Buffer.concat(
    samples.flatMap(({ stream, width, guestType, format, xlHeader, skipQemu }) => {
      const job = Buffer.from(JSON.stringify({ width, pv: guestType === 'pv', format, xlHeader, skipQemu }));
      const head = Buffer.alloc(8);
      head.writeUInt32LE(job.length, 0);
      head.writeUInt32LE(stream.length, 4);
      return [head, job, stream];
    }),
  );
  const { stdout, stderr, status } = spawnSync(tools.python, ['-c', DRIVER, tools.converter, String(memoryMib)], {
    input,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, PYTHONPATH: tools.modules, PYTHONDONTWRITEBYTECODE: '1' },
  });
  if (status !== 0) throw new Error(`Xen's script could not be run: ${stderr}`);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as ScriptResult);
}
