// JSON as libxl reads and writes it (yajl): integers of 64 bits stay exact, and the text has yajl's own layout.

/** A JSON value; integers that a number cannot hold exactly are bigints. */
export type Json = null | boolean | number | bigint | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: Json;
}

export type DomainConfigErrorCode = 'NOT_JSON' | 'TOO_DEEP' | 'WRONG_TYPE' | 'OUT_OF_RANGE' | 'UNKNOWN_NAME';

/** What is wrong with a domain configuration in JSON, and where: the character's offset, or the member's path. */
export class DomainConfigError extends Error {
  override readonly name = 'DomainConfigError';

  constructor(
    readonly code: DomainConfigErrorCode,
    readonly at: number | string,
    message: string,
  ) {
    super(typeof at === 'number' ? `domain configuration, character ${at}: ${message}` : `${at}: ${message}`);
  }
}

// Nothing that libxl writes is deeper than 10; the limit is there for hostile input.
const DEPTH_LIMIT = 64;

const WHITE_SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;
const WORD = /true|false|null/y;

/** @throws DomainConfigError NOT_JSON, TOO_DEEP */
export function parseJson(text: string): Json {
  const parser = new JsonParser(text);
  return parser.document();
}

class JsonParser {
  #at = 0;

  constructor(readonly text: string) {}

  document(): Json {
    const value = this.#value(0);
    this.#skipSpace();
    if (this.#at < this.text.length) throw this.#error('something follows the end');
    return value;
  }

  #value(depth: number): Json {
    if (depth > DEPTH_LIMIT) throw new DomainConfigError('TOO_DEEP', this.#at, `nested deeper than ${DEPTH_LIMIT}`);
    this.#skipSpace();
    switch (this.text[this.#at]) {
      case '{':
        return this.#object(depth);
      case '[':
        return this.#array(depth);
      case '"':
        return this.#string();
      case 't':
      case 'f':
      case 'n':
        return this.#word();
      default:
        return this.#number();
    }
  }

  #object(depth: number): Json {
    this.#at++;
    const members = new Map<string, Json>();
    if (this.#accept('}')) return {};
    do {
      this.#skipSpace();
      const name = this.#string();
      this.#expect(':');
      const value = this.#value(depth + 1);
      // Of members with the same name libxl takes the first.
      if (!members.has(name)) members.set(name, value);
    } while (this.#accept(','));
    this.#expect('}');
    return Object.fromEntries(members);
  }

  #array(depth: number): Json {
    this.#at++;
    const items: Json[] = [];
    if (this.#accept(']')) return items;
    do items.push(this.#value(depth + 1));
    while (this.#accept(','));
    this.#expect(']');
    return items;
  }

  #string(): string {
    if (this.text[this.#at] !== '"') throw this.#error('a string expected');
    let end = this.#at + 1;
    while (end < this.text.length && this.text[end] !== '"') end += this.text[end] === '\\' ? 2 : 1;
    const quoted = this.text.slice(this.#at, end + 1);
    const value = parseQuoted(quoted);
    if (value === undefined) throw this.#error('not a string');
    this.#at = end + 1;
    return value;
  }

  #word(): Json {
    const word = this.#match(WORD);
    if (word === undefined) throw this.#error('not a value');
    return word === 'null' ? null : word === 'true';
  }

  #number(): Json {
    const digits = this.#match(NUMBER);
    if (digits === undefined) throw this.#error(this.#at < this.text.length ? 'not a value' : 'ends too early');
    const value = Number(digits);
    return Number.isSafeInteger(value) || /[.eE]/.test(digits) ? value : BigInt(digits);
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #skipSpace(): void {
    this.#match(WHITE_SPACE);
  }

  #accept(character: string): boolean {
    this.#skipSpace();
    if (this.text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #expect(character: string): void {
    if (!this.#accept(character)) throw this.#error(`'${character}' expected`);
  }

  #error(message: string): DomainConfigError {
    return new DomainConfigError('NOT_JSON', this.#at, message);
  }
}

function parseQuoted(quoted: string): string | undefined {
  try {
    return JSON.parse(quoted);
  } catch {
    return undefined;
  }
}

/** The text as yajl lays it out: 4 spaces a level, an empty object over three lines, a line's end last. */
export function formatJson(value: Json): string {
  const parts: string[] = [];
  writeValue(value, '\n', parts);
  parts.push('\n');
  return parts.join('');
}

function writeValue(value: Json, newLine: string, parts: string[]): void {
  if (typeof value === 'string') parts.push(quote(value));
  else if (value === null || typeof value !== 'object') parts.push(String(value));
  else if (Array.isArray(value))
    writeAll(
      '[',
      value.map((item: Json) => ['', item] as const),
      ']',
      newLine,
      parts,
    );
  else
    writeAll(
      '{',
      Object.entries(value).map(([name, member]) => [`${quote(name)}: `, member] as const),
      '}',
      newLine,
      parts,
    );
}

function writeAll(
  open: string,
  items: readonly (readonly [before: string, value: Json])[],
  close: string,
  newLine: string,
  parts: string[],
): void {
  const inner = `${newLine}    `;
  parts.push(open);
  items.forEach(([before, value], index) => {
    parts.push(index === 0 ? inner : `,${inner}`, before);
    writeValue(value, inner, parts);
  });
  parts.push(items.length === 0 ? `\n${newLine}` : newLine, close);
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\r': '\\r',
  '\n': '\\n',
  '\\': '\\\\',
  '"': '\\"',
  '\f': '\\f',
  '\b': '\\b',
  '\t': '\\t',
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what yajl escapes
const TO_ESCAPE = /["\\\u0000-\u001f]/g;

function quote(text: string): string {
  return `"${text.replace(TO_ESCAPE, (c) => ESCAPES[c] ?? `\\u00${hex(c.charCodeAt(0))}`)}"`;
}

const hex = (code: number): string => code.toString(16).toUpperCase().padStart(2, '0');
