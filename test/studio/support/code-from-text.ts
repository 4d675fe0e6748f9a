import ts from 'typescript';

const EVALUATORS: ReadonlySet<string> = new Set(['eval', 'Function', 'AsyncFunction', 'GeneratorFunction']);
const TIMERS: ReadonlySet<string> = new Set(['setTimeout', 'setInterval']);
const COMPARISONS: ReadonlySet<ts.SyntaxKind> = new Set([ts.SyntaxKind.EqualsEqualsEqualsToken, ts.SyntaxKind.ExclamationEqualsEqualsToken, ts.SyntaxKind.EqualsEqualsToken, ts.SyntaxKind.ExclamationEqualsToken, ts.SyntaxKind.InstanceOfKeyword]);

/** Whether a name only stands for itself: a member of something else (`map.eval`), a key, or one side of a comparison. */
function isHarmless(name: ts.Identifier): boolean {
  const { parent } = name;
  if (ts.isPropertyAccessExpression(parent) && parent.name === name) return !(ts.isIdentifier(parent.expression) && ['globalThis', 'window', 'self', 'top', 'parent'].includes(parent.expression.text));
  if ((ts.isPropertyAssignment(parent) || ts.isMethodDeclaration(parent) || ts.isPropertyDeclaration(parent)) && parent.name === name) return true;
  return ts.isBinaryExpression(parent) && COMPARISONS.has(parent.operatorToken.kind);
}

function isTextTimer(node: ts.Node): boolean {
  if (!ts.isCallExpression(node)) return false;
  const name = ts.isIdentifier(node.expression) ? node.expression.text : ts.isPropertyAccessExpression(node.expression) ? node.expression.name.text : '';
  const [first] = node.arguments;
  return TIMERS.has(name) && first !== undefined && (ts.isStringLiteralLike(first) || ts.isTemplateExpression(first));
}

/** The places of a script at which text could become code: `eval`, `Function` by any way that leads to it, timers that are given text. */
export function codeFromText(source: string): readonly string[] {
  const file = ts.createSourceFile('script.js', source, ts.ScriptTarget.Latest, true, ts.ScriptKind.JS);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if ((ts.isIdentifier(node) && EVALUATORS.has(node.text) && !isHarmless(node)) || isTextTimer(node)) found.push(source.slice(Math.max(0, node.getStart() - 40), node.getEnd() + 40).replace(/\s+/g, ' '));
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}
