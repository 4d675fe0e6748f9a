import { relative, sep } from 'node:path';
import { findBreach } from '../layers/check.mjs';

/**
 * Reports an import that the layer table does not allow, where it is written. The same judgement as `node tools/layers.mjs`.
 *
 * @type {import('eslint').Rule.RuleModule}
 */
export const layers = {
  meta: { type: 'problem', docs: { description: 'keep imports within the layer table' }, schema: [] },
  create(context) {
    const importer = relative(context.cwd, context.filename).split(sep).join('/');
    /** @param {import('estree').Node | null | undefined} source */
    const check = (source) => {
      if (source?.type !== 'Literal' || typeof source.value !== 'string') return;
      const message = findBreach(importer, source.value);
      if (message) context.report({ node: source, message });
    };
    return {
      ImportDeclaration: (node) => check(node.source),
      ExportNamedDeclaration: (node) => check(node.source),
      ExportAllDeclaration: (node) => check(node.source),
      ImportExpression: (node) => check(node.source),
    };
  },
};
