// Names and paths in a configuration are bytes to Xen. What is valid UTF-8 becomes its characters; every other byte
// becomes one lone low surrogate (U+DC80 to U+DCFF), so that any text goes out as the bytes that came in.

import { concatBytes } from '@xen-migration/stream-format';

const ESCAPE_BASE = 0xdc00;
const LONE_SURROGATE = /\p{Surrogate}/u;

/** Bytes of a configuration, a name or a path as text; nothing is lost. */
export function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return decodeMixed(bytes);
  }
}

function decodeMixed(bytes: Uint8Array): string {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const byte = bytes[at] ?? 0;
    const length = sequenceLength(byte);
    const character = length === 1 ? asciiOrEscape(byte) : decodeSequence(decoder, bytes.subarray(at, at + length));
    parts.push(character ?? String.fromCharCode(ESCAPE_BASE + byte));
    at += character === undefined ? 1 : length;
  }
  return parts.join('');
}

function sequenceLength(lead: number): number {
  if (lead >= 0xf0 && lead <= 0xf4) return 4;
  if (lead >= 0xe0) return 3;
  return lead >= 0xc2 ? 2 : 1;
}

const asciiOrEscape = (byte: number): string => String.fromCharCode(byte < 0x80 ? byte : ESCAPE_BASE + byte);

function decodeSequence(decoder: InstanceType<typeof TextDecoder>, bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** The bytes of a text that decodeText may have made. */
export function encodeText(text: string): Uint8Array {
  const encoder = new TextEncoder();
  if (!LONE_SURROGATE.test(text)) return encoder.encode(text);
  const parts: Uint8Array[] = [];
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    const isEscape = code >= ESCAPE_BASE + 0x80 && code <= ESCAPE_BASE + 0xff;
    parts.push(isEscape ? Uint8Array.of(code - ESCAPE_BASE) : encoder.encode(character));
  }
  return concatBytes(parts);
}
