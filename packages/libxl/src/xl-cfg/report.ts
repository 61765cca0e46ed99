/**
 * What stock xl prints on stderr while it reads a configuration: pieces in their order, each with its line's end where
 * stock ends the line (a few of stock's messages do not).
 */
export class Report {
  readonly messages: string[] = [];

  line(text: string): void {
    this.messages.push(`${text}\n`);
  }

  unfinished(text: string): void {
    this.messages.push(text);
  }
}

/** One place in a configuration where its syntax is wrong. Lines and columns count from 1. */
export interface XlSyntaxProblem {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** A configuration that xl refuses. `messages`, written one after the other, are stock's stderr; `rc` its exit status. */
export class XlConfigError extends Error {
  override readonly name = 'XlConfigError';

  constructor(
    readonly messages: readonly string[],
    readonly rc: number,
    readonly problems: readonly XlSyntaxProblem[] = [],
  ) {
    super(messages.join('').trimEnd());
  }
}
