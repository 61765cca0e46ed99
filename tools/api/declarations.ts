import ts from 'typescript';

/** One exported name of a report. Types of classes are what their instances are. */
export interface Declared {
  readonly name: string;
  readonly isValue: boolean;
  readonly isType: boolean;
  readonly isClass: boolean;
  readonly typeParameters: number;
  /** The declaration and everything of the report that it refers to, as text: equal text means equal meaning. */
  readonly closure: string;
}

type Named = ts.Statement & { readonly name?: ts.Identifier; readonly typeParameters?: ts.NodeArray<ts.Node> };

/** What a report exports, by name. */
export function exportedDeclarations(report: string): Map<string, Declared> {
  const file = ts.createSourceFile('report.d.ts', report, ts.ScriptTarget.ES2022, true);
  const statements = new Map<string, ts.Statement[]>();
  for (const statement of file.statements) {
    for (const name of namesOf(statement)) statements.set(name, [...(statements.get(name) ?? []), statement]);
  }
  const exported = new Map<string, Declared>();
  for (const [name, all] of statements) {
    if (!all.some(isExported)) continue;
    const kinds = new Set(all.map((statement) => statement.kind));
    const isClass = kinds.has(ts.SyntaxKind.ClassDeclaration) || kinds.has(ts.SyntaxKind.EnumDeclaration);
    const isPlainType = kinds.has(ts.SyntaxKind.InterfaceDeclaration) || kinds.has(ts.SyntaxKind.TypeAliasDeclaration);
    exported.set(name, {
      name,
      isValue: !isPlainType || kinds.size > 1,
      isType: isClass || isPlainType,
      isClass: kinds.has(ts.SyntaxKind.ClassDeclaration),
      typeParameters: Math.max(...all.map((statement) => (statement as Named).typeParameters?.length ?? 0)),
      closure: closureOf(name, statements),
    });
  }
  return exported;
}

function namesOf(statement: ts.Statement): string[] {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.map((declaration) => declaration.name.getText());
  }
  if (ts.isImportDeclaration(statement)) {
    const bindings = statement.importClause?.namedBindings;
    if (bindings === undefined) return [];
    return ts.isNamespaceImport(bindings) ? [bindings.name.text] : bindings.elements.map((e) => e.name.text);
  }
  const { name } = statement as Named;
  return name === undefined ? [] : [name.text];
}

function isExported(statement: ts.Statement): boolean {
  return ts.canHaveModifiers(statement)
    ? (ts.getModifiers(statement) ?? []).some((m) => m.kind === ts.SyntaxKind.ExportKeyword)
    : false;
}

function closureOf(name: string, statements: ReadonlyMap<string, ts.Statement[]>): string {
  const seen = new Set<string>();
  const follow = (from: string) => {
    if (seen.has(from)) return;
    seen.add(from);
    for (const statement of statements.get(from) ?? []) {
      for (const [word] of statement.getText().matchAll(/[\w$]+/g)) if (statements.has(word)) follow(word);
    }
  };
  follow(name);
  const text = (from: string) => (statements.get(from) ?? []).map((statement) => statement.getText());
  return [...seen].sort().flatMap(text).join('\n');
}

/**
 * The same declarations with methods as properties that are functions. TypeScript compares parameters of methods in both
 * directions, and so would not see that a method now wants more than before.
 */
export function withStrictMethods(report: string): string {
  const file = ts.createSourceFile('report.d.ts', report, ts.ScriptTarget.ES2022, true);
  const result = ts.transform(file, [
    (context) => (source) => {
      const visit = (node: ts.Node): ts.Node => ts.visitEachChild(strictMembers(node, context), visit, context);
      return ts.visitEachChild(source, visit, context);
    },
  ]);
  return ts.createPrinter().printFile(result.transformed[0]!);
}

function strictMembers(node: ts.Node, context: ts.TransformationContext): ts.Node {
  const { factory } = context;
  if (ts.isInterfaceDeclaration(node)) {
    const members = gathered(node.members, ts.isMethodSignature).map((member) => asProperty(member, factory));
    const { modifiers, name, typeParameters, heritageClauses } = node;
    return factory.updateInterfaceDeclaration(node, modifiers, name, typeParameters, heritageClauses, members);
  }
  if (ts.isTypeLiteralNode(node)) {
    const members = gathered(node.members, ts.isMethodSignature).map((member) => asProperty(member, factory));
    return factory.updateTypeLiteralNode(node, factory.createNodeArray(members));
  }
  if (ts.isClassDeclaration(node)) {
    const members = gathered(node.members, ts.isMethodDeclaration).map((member) =>
      Array.isArray(member)
        ? factory.createPropertyDeclaration(
            member[0]!.modifiers,
            member[0]!.name,
            member[0]!.questionToken,
            functionType(member, factory),
            undefined,
          )
        : member,
    );
    const { modifiers, name, typeParameters, heritageClauses } = node;
    return factory.updateClassDeclaration(node, modifiers, name, typeParameters, heritageClauses, members);
  }
  return node;
}

function asProperty(member: ts.TypeElement | ts.MethodSignature[], factory: ts.NodeFactory): ts.TypeElement {
  if (!Array.isArray(member)) return member;
  const { modifiers, name, questionToken } = member[0]!;
  return factory.createPropertySignature(modifiers, name, questionToken, functionType(member, factory));
}

/** Members in their order, the overloads of one method as one array. */
function gathered<M extends ts.Node, F extends M & { readonly name: ts.PropertyName }>(
  members: readonly M[],
  isMethod: (member: ts.Node) => member is F,
): (M | F[])[] {
  const overloads = new Map<string, F[]>();
  const result: (M | F[])[] = [];
  for (const member of members) {
    if (!isMethod(member)) {
      result.push(member);
      continue;
    }
    const isStatic =
      ts.canHaveModifiers(member) && ts.getModifiers(member)?.some((m) => m.kind === ts.SyntaxKind.StaticKeyword);
    const key = `${isStatic ? 'static ' : ''}${member.name.getText()}`;
    const known = overloads.get(key);
    if (known !== undefined) known.push(member);
    else {
      const first = [member];
      overloads.set(key, first);
      result.push(first);
    }
  }
  return result;
}

function functionType(
  overloads: readonly (ts.MethodSignature | ts.MethodDeclaration)[],
  factory: ts.NodeFactory,
): ts.TypeNode {
  const any = factory.createKeywordTypeNode(ts.SyntaxKind.AnyKeyword);
  const types = overloads.map(({ typeParameters, parameters, type }) =>
    factory.createParenthesizedType(factory.createFunctionTypeNode(typeParameters, parameters, type ?? any)),
  );
  return types.length === 1 ? types[0]! : factory.createIntersectionTypeNode(types);
}
