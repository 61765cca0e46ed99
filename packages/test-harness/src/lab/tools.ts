import { join } from 'node:path';
import { command } from './command.js';

/** Debian's programs out of an unpacked tree: they run with the tree's own loader and libraries, on any x86-64 Linux. */
export class Tools {
  constructor(private readonly root: string) {}

  /** The words that run a program of the tree (a path from its root). */
  words(program: string): string[] {
    const libraries = ['lib', 'usr/lib'].flatMap((lib) => [
      join(this.root, lib, 'x86_64-linux-gnu'),
      join(this.root, lib, 'x86_64-linux-gnu/pulseaudio'),
    ]);
    return [
      join(this.root, 'lib64/ld-linux-x86-64.so.2'),
      '--library-path',
      libraries.join(':'),
      join(this.root, program),
    ];
  }

  path(relative: string): string {
    return join(this.root, relative);
  }

  command(program: string, args: readonly string[]): Promise<string> {
    const [loader = '', ...rest] = this.words(program);
    return command(loader, [...rest, ...args]);
  }
}
