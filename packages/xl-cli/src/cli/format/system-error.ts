/** As strerror() says it: what stock's messages hold. */
const TEXT: Readonly<Record<string, string>> = {
  ENOENT: 'No such file or directory',
  EACCES: 'Permission denied',
  EISDIR: 'Is a directory',
  ENOTDIR: 'Not a directory',
  ENOSPC: 'No space left on device',
};

export function systemText(e: NodeJS.ErrnoException): string {
  return TEXT[e.code ?? ''] ?? e.message;
}
