import { bytes, Layout, type RecordOf, u8, u32 } from '@xen-migration/stream-format';

const SPEC = 'packages/libxl/docs/link.md';

/**
 * The link between two agents (agent-main.ts) of this toolstack: one ordered stream of bytes each way, over any number of
 * connections that may break and be made again. Numbers are little-endian. Each connection begins with a HELLO in both
 * directions; frames follow.
 */
export const LINK_MAGIC = new TextEncoder().encode('XLLINK1\n');

/** In its place: said where there is no such link any more. */
export const GONE_MAGIC = new TextEncoder().encode('XLGONE1\n');

export const HELLO = new Layout('HELLO', SPEC, [
  bytes('magic', LINK_MAGIC.length, '"XLLINK1\\n"; "XLGONE1\\n" where there is no such link (any more).'),
  bytes('link', 16, 'Which link the connection belongs to.'),
  u32('expected', 'The first sequence number that has not been delivered; what follows it may have been lost.'),
  u32('encodings', 'Bit 0: zstd is understood.', { values: { 0: 'none', 1: 'zstd' } }),
]);

export const FRAME_TYPE = { data: 1, end: 2, acknowledge: 3, ping: 4 } as const;
export const CHANNEL = { stream: 0, text: 1 } as const;
export const ENCODING = { raw: 0, zstd: 1 } as const;

export const FRAME = new Layout('frame', SPEC, [
  u8('type', 'What it is.', {
    values: {
      1: 'DATA: bytes of a channel; sequenced.',
      2: 'END: no more DATA comes; sequenced. The value is the exit status of the process behind the channels.',
      3: 'ACKNOWLEDGE: all frames before the sequence number have been delivered.',
      4: 'PING: a sign of life.',
    },
  }),
  u8('channel', 'Of DATA.', { values: { 0: "the migration's stream", 1: 'text for the other end (standard error)' } }),
  u8('encoding', 'Of the payload.', { values: { 0: 'as it is', 1: 'one zstd frame' } }),
  u8('zero', 'Zero.', { constant: 0 }),
  u32(
    'sequence',
    'Of DATA and END: counted from 0, in order of delivery. Of ACKNOWLEDGE: the next one that is expected.',
  ),
  u32('size', 'Bytes of payload that follow; at most 512 KiB.'),
  u32(
    'value',
    'Of DATA: bytes of the payload when decoded, at most 256 KiB. Of END: the exit status. ' +
      'Of PING: how many seconds this end tries to take a broken link up again; the other one waits somewhat longer.',
  ),
]);

export type Frame = RecordOf<typeof FRAME>;

/** Bytes that one DATA frame carries at most. */
export const MAX_BLOCK = 256 * 1024;
/** What cannot be compressed grows a little. */
export const MAX_PAYLOAD = 2 * MAX_BLOCK;
/** Bytes that may be under way unacknowledged, and frames: what a receiver has to hold at most. */
export const WINDOW_BYTES = 16 * 1024 * 1024;
export const WINDOW_FRAMES = 1024;
