/**
 * Demands a doc comment on every exported function and class: what it does, shapes, units, errors, source.
 *
 * @type {import('eslint').Rule.RuleModule}
 */
export const exportedDocs = {
  meta: { type: 'suggestion', docs: { description: 'document exported functions and classes' }, schema: [] },
  create(context) {
    return {
      ExportNamedDeclaration(node) {
        const { declaration } = node;
        if (declaration?.type !== 'FunctionDeclaration' && declaration?.type !== 'ClassDeclaration') return;
        const previous = context.sourceCode.getTokenBefore(node, { includeComments: true });
        const documented = previous?.type === 'Block' && previous.value.startsWith('*');
        // Overloads: the comment stands on the first signature, which is an export of its own kind just before this one.
        if (documented || isOverload(node)) return;
        context.report({
          node: declaration,
          message: `Exported ${declaration.id?.name ?? 'function'} has no doc comment: one sentence, shapes, units, errors, source`,
        });
      },
    };
  },
};

/** @param {import('estree').Node & { parent?: unknown }} node */
function isOverload(node) {
  const body = /** @type {{ body?: unknown[] }} */ (node.parent ?? {}).body;
  const before = Array.isArray(body) ? body[body.indexOf(node) - 1] : undefined;
  return /** @type {{ declaration?: { type?: string } } | undefined} */ (before)?.declaration?.type === 'TSDeclareFunction';
}
