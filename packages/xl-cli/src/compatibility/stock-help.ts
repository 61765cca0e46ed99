/** Letters and long names that a help text of stock, or of ours, offers. */
export function offeredOptions(text: string): string[] {
  const found = new Set<string>();
  for (const line of text.split('\n')) {
    const start = /^\s{0,2}(-[A-Za-z], )?(--?[A-Za-z][a-z-]*)/.exec(line);
    if (start === null) continue;
    if (start[1] !== undefined) found.add(start[1].slice(0, 2));
    found.add(start[2] as string);
    const long = /^-. [A-Z]+, (--[a-z-]+)/.exec(line);
    if (long !== null) found.add(long[1] as string);
  }
  return [...found].sort();
}

/** The commands that `xl help` of stock lists. */
export function listedCommands(text: string): string[] {
  return text.split('\n').flatMap((line) => /^ ([a-z][a-z0-9-]*) /.exec(line)?.[1] ?? []);
}
