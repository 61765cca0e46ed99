// The tokens of xl.cfg (libxlu_cfg_l.l). What stock's scanner does not match as a token it reports as a lexical error and
// skips up to the next blank; the parser never sees it.

export type TokenKind = 'end' | 'IDENT' | 'STRING' | 'NUMBER' | 'NEWLINE' | '+=' | '=' | ';' | '[' | ']' | ',';

export interface Token {
  readonly kind: TokenKind;
  /** What the scanner matched, for messages. */
  readonly text: string;
  /** The name, the digits, or what the quotes hold; empty for the other kinds. */
  readonly value: string;
  /** The line that a syntax error at this token is charged to, as stock's scanner keeps it. */
  readonly line: number;
  readonly column: number;
}

export interface LexicalErrors {
  /** `line`: where the scanner stands after `text`, from 1. */
  lexicalError(message: string, text: string, line: number, column: number): void;
  /** An error has been found: stock no longer looks into quoted strings. */
  readonly failed: boolean;
  /** Something that stock takes for a sign of Python code. */
  likelyPython(): void;
}

const BLANKS = /[ \t]+/y;
const IDENT = /[a-z][._0-9a-z]*/y;
const NUMBER = /[0-9][0-9a-fx]*/y;
const PUNCTUATION = /\+=|[=;[\],]/y;
const NEWLINE = /#[^\n]*\n|\n/y;
const SKIPPED = /[^ \t\n]+|[ \t]/y;
const SKIPPED_IN_CHARACTER = /[^ \t\n]*/y;
const PYTHON_SIGNS = '+-.():';

export class Lexer {
  #at = 0;
  #line = 1;
  #lineStart = 0;
  #endLine = 1;

  constructor(
    readonly text: string,
    readonly errors: LexicalErrors,
  ) {}

  /** After the end of the text: the token 'end', again and again. */
  next(): Token {
    for (;;) {
      this.#match(BLANKS);
      const token = this.#token();
      if (token !== undefined) return this.#remember(token);
    }
  }

  // Stock's scanner charges the end of the file to the line of the last token.
  #remember(token: Token): Token {
    this.#endLine = token.line;
    return token;
  }

  #token(): Token | undefined {
    if (this.#at >= this.text.length) return this.#make('end', '', this.#at, this.#endLine);
    const start = this.#at;
    const first = this.text[start] ?? '';
    if (first === "'" || first === '"') return this.#string(first) ?? this.#skip();
    const punctuation = this.#match(PUNCTUATION);
    if (isPunctuation(punctuation)) return this.#make(punctuation, punctuation, start);
    const newline = this.#match(NEWLINE);
    if (newline !== undefined) return this.#newLine(newline, start);
    const name = this.#match(IDENT);
    if (name !== undefined) return this.#make('IDENT', name, start, this.#line, name);
    const digits = this.#match(NUMBER);
    if (digits !== undefined) return this.#make('NUMBER', digits, start, this.#line, digits);
    return this.#skip();
  }

  #make(kind: TokenKind, text: string, start: number, line = this.#line, value = ''): Token {
    return { kind, text, value, line, column: start - this.#lineStart + 1 };
  }

  #newLine(text: string, start: number): Token {
    const token = this.#make('NEWLINE', text, start);
    this.#countLine();
    return token;
  }

  #countLine(): void {
    this.#line++;
    this.#lineStart = this.#at;
  }

  #string(quote: string): Token | undefined {
    const end = this.#endOfString(quote);
    if (end === undefined) return undefined;
    const start = this.#at;
    this.#at = end + 1;
    const text = this.text.slice(start, this.#at);
    const unquoted = this.errors.failed ? { value: '' } : unquote(text.slice(1, -1));
    if ('error' in unquoted) this.errors.lexicalError(unquoted.error, text, this.#line, start - this.#lineStart + 1);
    return this.#make('STRING', text, start, this.#line, 'error' in unquoted ? '' : unquoted.value);
  }

  #endOfString(quote: string): number | undefined {
    for (let at = this.#at + 1; at < this.text.length; at++) {
      const c = this.text[at];
      if (c === quote) return at;
      if (c === '\\') at++;
      if (this.text[at] === '\n') return undefined;
    }
    return undefined;
  }

  // A character that begins no token, with what follows it up to the next blank, or with the one blank that follows it.
  #skip(): Token | undefined {
    const start = this.#at;
    const column = start - this.#lineStart + 1;
    const first = this.text[this.#at++] ?? '';
    if (PYTHON_SIGNS.includes(first)) this.errors.likelyPython();
    if (isSeveralBytes(first)) {
      this.#match(SKIPPED_IN_CHARACTER);
      this.errors.lexicalError('lexical error', this.text.slice(start, this.#at), this.#line, column);
      return undefined;
    }
    if (this.#at >= this.text.length) return this.#make('end', first, start, this.#endLine);
    const lineEnds = this.text[this.#at] === '\n';
    if (lineEnds) this.#at++;
    else this.#match(SKIPPED);
    const text = this.text.slice(start, this.#at);
    if (!lineEnds) {
      this.errors.lexicalError('lexical error', text, this.#line, column);
      return undefined;
    }
    this.#countLine();
    this.errors.lexicalError('lexical error', text, this.#line, column);
    return { ...this.#make('NEWLINE', text, start), column };
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }
}

// Stock scans bytes: after the first byte of such a character always comes one that is no blank. A byte that is no UTF-8 is
// a lone surrogate here.
const isSeveralBytes = (character: string): boolean => character > '\x7f' && !/[\udc80-\udcff]/.test(character);

const PUNCTUATION_KINDS = ['+=', '=', ';', '[', ']', ','] as const;

function isPunctuation(text: string | undefined): text is (typeof PUNCTUATION_KINDS)[number] {
  return PUNCTUATION_KINDS.some((kind) => kind === text);
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  "'": "'",
  '\\': '\\',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

const badNumber = (base: string) =>
  ({ error: `invalid digit after backslash ${base}numerical character escape in quoted string` }) as const;

/**
 * What a quoted string holds. As in stock: an octal escape needs two decimal digits after its first one and stands for
 * nothing, and no hexadecimal escape is ever right.
 */
function unquote(quoted: string): { readonly value: string } | { readonly error: string } {
  // Stock aborts here.
  if (quoted.includes('\0')) return { error: 'NUL in quoted string' };
  const parts: string[] = [];
  let at = 0;
  for (;;) {
    const backslash = quoted.indexOf('\\', at);
    if (backslash < 0) break;
    parts.push(quoted.slice(at, backslash));
    const escaped = quoted[backslash + 1] ?? '';
    at = backslash + 2;
    if (escaped === 'x') return badNumber('hex');
    if (/[0-7]/.test(escaped)) {
      const digits = /^[0-9]{2,3}/.exec(quoted.slice(at, at + 3))?.[0];
      if (digits === undefined) return badNumber('octal');
      at += digits.length;
    } else {
      const character = ESCAPES[escaped];
      if (character === undefined) return { error: 'invalid character after backlash in quoted string' };
      parts.push(character);
    }
  }
  parts.push(quoted.slice(at));
  return { value: parts.join('') };
}

/** A text as C sees it. */
export function untilNul(text: string): string {
  const nul = text.indexOf('\0');
  return nul < 0 ? text : text.slice(0, nul);
}
