import { join } from 'node:path';
import ts from 'typescript';
import { type Declared, exportedDeclarations, withStrictMethods } from './declarations.js';

/** A name of a report that a program which was written for the older report may no longer use as it did. */
export interface Break {
  readonly name: string;
  readonly reason: string;
}

const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2023.d.ts'],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  strict: true,
  skipLibCheck: true,
  noEmit: true,
  types: ['node'],
};

/** TypeScript's own declarations are most of what it has to read, and the same each time. */
const parsed = new Map<string, ts.SourceFile | undefined>();

/**
 * What the newer report of an entry point breaks of the older one. TypeScript decides it: every value of the newer one
 * must be usable where one of the older was (so functions must take all that they took), and every type must be readable
 * as the older was (so a union that grew is a break: who switched over all of its members no longer does).
 * New names, new optional members and new members of what is only returned break nothing.
 * `folder` is where the imports of both are looked up.
 */
export function breaks(older: string, newer: string, folder: string): Break[] {
  const before = exportedDeclarations(older);
  const after = exportedDeclarations(newer);
  const found: Break[] = [];
  const doubtful: Declared[] = [];
  for (const [name, was] of before) {
    const is = after.get(name);
    if (is === undefined) found.push({ name, reason: 'is no longer there' });
    else if (was.isValue && !is.isValue) found.push({ name, reason: 'is no longer a value' });
    else if (was.isType && !is.isType) found.push({ name, reason: 'is no longer a type' });
    else if (was.typeParameters !== is.typeParameters) found.push({ name, reason: 'has other type parameters' });
    else if (was.closure !== is.closure) doubtful.push(was);
  }
  if (doubtful.length > 0) found.push(...askTypeScript(older, newer, doubtful, folder));
  return found;
}

function askTypeScript(older: string, newer: string, names: readonly Declared[], folder: string): Break[] {
  const lines = names.flatMap((name) => questions(name).map((text) => ({ name: name.name, text })));
  const header = "import * as older from './older.js';\nimport * as newer from './newer.js';\n";
  const files = new Map([
    [join(folder, 'older.d.ts'), withStrictMethods(older)],
    [join(folder, 'newer.d.ts'), withStrictMethods(newer)],
    [join(folder, 'questions.ts'), `${header}${lines.map((line) => line.text).join('\n')}\n`],
  ]);
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists, getSourceFile } = host;
  host.readFile = (path) => files.get(path) ?? readFile(path);
  host.fileExists = (path) => files.has(path) || fileExists(path);
  host.getSourceFile = (path, ...rest) => {
    const text = files.get(path);
    if (text !== undefined) return ts.createSourceFile(path, text, ts.ScriptTarget.ES2022);
    const known = parsed.get(path) ?? getSourceFile(path, ...rest);
    parsed.set(path, known);
    return known;
  };
  const program = ts.createProgram([join(folder, 'questions.ts')], options, host);
  const source = program.getSourceFile(join(folder, 'questions.ts'));
  const found = new Map<string, string>();
  for (const diagnostic of program.getSemanticDiagnostics(source)) {
    const line = source?.getLineAndCharacterOfPosition(diagnostic.start ?? 0).line ?? 0;
    const asked = lines[line - 2];
    const reason = ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n');
    if (asked === undefined) throw new Error(`the comparison itself does not compile: ${reason}`);
    if (!found.has(asked.name)) found.set(asked.name, readable(reason));
  }
  return [...found].map(([name, reason]) => ({ name, reason }));
}

/** Statements of one line each, that compile when a name is what it was. */
function questions({ name, isValue, isType, isClass, typeParameters }: Declared): string[] {
  const asked: string[] = [];
  const accepts = (is: string, was: string) => asked.push(`{ const is = null! as ${is}; const was: ${was} = is; }`);
  const anys = typeParameters === 0 ? '' : `<${Array(typeParameters).fill('any').join(', ')}>`;
  if (isValue && !isClass) accepts(`typeof newer.${name}`, `typeof older.${name}`);
  if (isType) accepts(`newer.${name}${anys}`, `older.${name}${anys}`);
  if (isClass) {
    const statics = (of: string) => `Omit<typeof ${of}.${name}, 'prototype'>`;
    accepts(statics('newer'), statics('older'));
    const wanted = (of: string) => `ConstructorParameters<typeof ${of}.${name}>`;
    accepts(wanted('older'), wanted('newer'));
  }
  return asked;
}

/** TypeScript's message without the path of a file that exists nowhere. */
function readable(reason: string): string {
  return reason.replaceAll(/import\("[^"]*\/(older|newer)"\)/g, '$1').replaceAll(/typeof (older|newer)\./g, '$1 ');
}
