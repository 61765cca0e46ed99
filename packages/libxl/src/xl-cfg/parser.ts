import { decodeText } from '../config/index.js';
import { Lexer, type LexicalErrors, type Token, type TokenKind, untilNul } from './lexer.js';
import { Report, XlConfigError, type XlSyntaxProblem } from './report.js';
import { type XlList, type XlSetting, XlSettings, type XlValue } from './settings.js';

/**
 * The settings of an xl.cfg.
 *
 * @param source the name that messages carry: the file's, as the user gave it
 * @throws XlConfigError with rc 1 where the syntax is wrong; `problems` has every place that stock reports, with its column
 */
export function parseXlConfig(text: string | Uint8Array, source: string): XlSettings {
  const parser = new Parser(typeof text === 'string' ? text : decodeText(text), source);
  return parser.parse();
}

// The grammar is that of libxlu_cfg_y.y, and so are the errors of the parser that bison makes of it: which tokens it
// expects at each place, that after an error it goes on behind the next line's end, and that it keeps silent until it has
// taken three tokens again.
const SILENT_TOKENS = 3;

// Entries of bison's stack (YYMAXDEPTH): those that lie below a value, and what each open list adds.
const STACK_LIMIT = 10000;
const STACK_BELOW_VALUE = 4;
const STACK_OF_LIST = 2;
const STACK_OF_ITEMS_BEFORE = 3;
const STACK_OF_FIRST_ITEM = 2;
const STACK_OF_NEXT_ITEM = STACK_OF_ITEMS_BEFORE + STACK_OF_FIRST_ITEM;

const STATEMENT: readonly TokenKind[] = ['end', 'IDENT', 'NEWLINE', ';'];
const ASSIGNMENT: readonly TokenKind[] = ['+=', '='];
const VALUE: readonly TokenKind[] = ['STRING', 'NUMBER', '['];
const LIST_END: readonly TokenKind[] = [']'];
const FILE_END: readonly TokenKind[] = ['end'];

class Unexpected extends Error {}
class GiveUp extends Error {}

class Parser implements LexicalErrors {
  readonly #lexer: Lexer;
  readonly #report = new Report();
  readonly #problems: XlSyntaxProblem[] = [];
  readonly #settings: XlSettings;
  #last: Token = { kind: 'NEWLINE', text: '', value: '', line: 1, column: 1 };
  #lookahead: Token | undefined;
  #lexicalErrorLine = -1;
  #silent = 0;
  failed = false;
  #python = false;

  constructor(
    text: string,
    readonly source: string,
  ) {
    this.#lexer = new Lexer(text, this);
    this.#settings = new XlSettings(source);
  }

  parse(): XlSettings {
    try {
      while (this.#peek().kind !== 'end') this.#statementOrRecover();
    } catch (e) {
      if (!(e instanceof GiveUp)) throw e;
    }
    if (!this.failed) return this.#settings;
    if (this.#python) this.#warnOfPython();
    this.#report.line('Failed to parse config: Invalid argument');
    throw new XlConfigError(this.#report.messages, 1, this.#problems);
  }

  #statementOrRecover(): void {
    try {
      this.#statement();
    } catch (e) {
      if (!(e instanceof Unexpected)) throw e;
      this.#silent = SILENT_TOKENS;
      this.#skipLine();
    }
  }

  #skipLine(): void {
    while (this.#peek().kind !== 'NEWLINE') {
      if (this.#peek().kind === 'end') throw new GiveUp();
      this.#lookahead = undefined;
    }
    this.#take();
  }

  #statement(): void {
    const { kind } = this.#peek();
    if (kind === 'NEWLINE' || kind === ';') {
      this.#take();
      return;
    }
    if (kind !== 'IDENT') throw this.#unexpected(STATEMENT);
    this.#assignment(this.#take().value);
    const after = this.#peek().kind;
    if (after === 'end') return;
    // bison has taken the file to be complete here and finds no way back.
    if (after !== 'NEWLINE' && after !== ';') {
      this.#unexpected(FILE_END);
      throw new GiveUp();
    }
    this.#take();
  }

  #assignment(name: string): void {
    const operator = this.#peek().kind;
    if (operator !== '=' && operator !== '+=') throw this.#unexpected(ASSIGNMENT);
    this.#take();
    if (!VALUE.includes(this.#peek().kind)) throw this.#unexpected(VALUE);
    const value = this.#value();
    if (!this.failed) this.#store({ name, operator, value, line: value.line });
  }

  #store(setting: XlSetting): void {
    if (this.#settings.add(setting)) return;
    const { text, line, column } = this.#last;
    this.lexicalError('can\'t add [list] to "string" or vice versa', text, line, column);
  }

  #value(): XlValue {
    const token = this.#take();
    const at = { line: token.line, column: token.column };
    return token.kind === '[' ? this.#list(at) : { kind: 'string', text: token.value, ...at };
  }

  // Lists may nest as deep as bison's stack allows: no recursion here.
  #list(at: { readonly line: number; readonly column: number }): XlList {
    const outermost = openList(at);
    const open = [outermost];
    let depth = STACK_BELOW_VALUE + STACK_OF_LIST;
    let mayTakeValue = true;
    for (let list = open.at(-1); list !== undefined; list = open.at(-1)) {
      const token = this.#peek();
      if (depth + (list.items.length > 0 ? STACK_OF_NEXT_ITEM : STACK_OF_FIRST_ITEM) >= STACK_LIMIT)
        throw this.#tooDeep();
      if (token.kind === 'NEWLINE') {
        this.#take();
      } else if (token.kind === ']') {
        this.#take();
        open.pop();
        const outer = open.at(-1);
        outer?.items.push({ kind: 'list', ...list });
        depth -= STACK_OF_LIST + (outer !== undefined && outer.items.length > 1 ? STACK_OF_ITEMS_BEFORE : 0);
        mayTakeValue = false;
      } else if (mayTakeValue && token.kind === '[') {
        this.#take();
        depth += STACK_OF_LIST + (list.items.length > 0 ? STACK_OF_ITEMS_BEFORE : 0);
        open.push(openList(token));
      } else if (mayTakeValue && (token.kind === 'STRING' || token.kind === 'NUMBER')) {
        this.#take();
        list.items.push({ kind: 'string', text: token.value, line: token.line, column: token.column });
        mayTakeValue = false;
      } else if (!mayTakeValue && token.kind === ',') {
        this.#take();
        mayTakeValue = true;
      } else {
        throw this.#unexpected(LIST_END);
      }
    }
    return { kind: 'list', ...outermost };
  }

  #peek(): Token {
    this.#lookahead ??= this.#read();
    return this.#lookahead;
  }

  #read(): Token {
    this.#last = this.#lexer.next();
    return this.#last;
  }

  #take(): Token {
    const token = this.#peek();
    this.#lookahead = undefined;
    if (this.#silent > 0) this.#silent--;
    return token;
  }

  #unexpected(expected: readonly TokenKind[]): Unexpected {
    const token = this.#peek();
    const message = `syntax error, unexpected ${shown(token.kind)}, expecting ${expected.map(shown).join(' or ')}`;
    if (this.#silent === 0) this.#error(message, token.text, token.line, token.column);
    this.failed = true;
    return new Unexpected(message);
  }

  #tooDeep(): GiveUp {
    this.#error('memory exhausted', this.#last.text, this.#last.line, this.#last.column);
    this.failed = true;
    return new GiveUp();
  }

  lexicalError(message: string, text: string, line: number, column: number): void {
    this.#error(message, text, line, column);
    this.failed = true;
    this.#lexicalErrorLine = line;
  }

  likelyPython(): void {
    this.#python = true;
  }

  // One report a line once the scanner has complained of it.
  #error(message: string, text: string, line: number, column: number): void {
    if (line <= this.#lexicalErrorLine) return;
    const endsLine = text.endsWith('\n');
    const shownLine = endsLine ? line - 1 : line;
    this.#report.line(`${this.source}:${shownLine}: config parsing error near ${near(text)}: ${message}`);
    this.#problems.push({ line: shownLine, column, message });
  }

  #warnOfPython(): void {
    this.#report.line('warning: Config file looks like it contains Python code.');
    this.#report.line('warning:  Arbitrary Python is no longer supported.');
    this.#report.line('warning:  See https://wiki.xen.org/wiki/PythonInXlConfig');
  }
}

interface OpenList {
  readonly items: XlValue[];
  readonly line: number;
  readonly column: number;
}

const openList = ({ line, column }: { readonly line: number; readonly column: number }): OpenList => ({
  items: [],
  line,
  column,
});

function shown(kind: TokenKind): string {
  if (kind === 'end') return '$end';
  return /^[=;[\],]$/.test(kind) ? `'${kind}'` : kind;
}

// Blanks at the end are not shown, nor is the line's end; at the end of the file the quotes are empty.
function near(text: string): string {
  if (text === '') return "`'";
  const line = text.endsWith('\n') ? text.slice(0, -1) : text;
  if (line === '') return '<newline>';
  const trimmed = line.replace(/[ \t]+$/, '');
  return trimmed === '' ? '' : `\`${untilNul(trimmed)}'`;
}
