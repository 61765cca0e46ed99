/** A question is short. */
const MAX_LENGTH = 64 * 1024;
/** Who asks sends it at once; a standard input that stays open asks nothing. */
const WAIT_MS = 2_000;

/** The files that whoever runs `xl migrate-receive --capabilities` wants to know about: `{"paths": [...]}` on stdin. */
export async function askedPaths(): Promise<string[]> {
  if (process.stdin.isTTY) return [];
  const timer = setTimeout(() => process.stdin.destroy(), WAIT_MS);
  let text = '';
  try {
    for await (const chunk of process.stdin) {
      text += String(chunk);
      if (text.length > MAX_LENGTH) return [];
    }
    const asked: unknown = JSON.parse(text);
    const paths = typeof asked === 'object' && asked !== null && 'paths' in asked ? asked.paths : [];
    return Array.isArray(paths) ? paths.filter((path) => typeof path === 'string') : [];
  } catch {
    return [];
  } finally {
    clearTimeout(timer);
  }
}
