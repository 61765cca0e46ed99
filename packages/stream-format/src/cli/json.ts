/** A document for scripts: 64-bit numbers as text in hexadecimal, since JSON's numbers can't hold them. */
export function json(value: unknown): string {
  const readable = (_name: string, part: unknown) => (typeof part === 'bigint' ? `0x${part.toString(16)}` : part);
  return `${JSON.stringify(value, readable, 2)}\n`;
}
