/** Text as the value of one of QEMU's comma-separated options. */
export function option(text: string): string {
  return text.replaceAll(',', ',,');
}
