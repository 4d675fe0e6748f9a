import { readFileSync } from 'node:fs';
import { sep } from 'node:path';

/** What stands in the place of every evaluation of text. */
const REFUSAL = '(() => { throw new Error("this build makes no code from text"); })()';

/**
 * Where packages that a window is bundled with make code from text. None of it is ever reached, and the window's policy would stop it; what is not there needs
 * no such argument. A text that is no longer found fails the build: the package has changed and wants to be looked at.
 *
 * @type {readonly { readonly file: string, readonly cuts: readonly (readonly [text: string, replacement: string])[] }[]}
 */
const PACKAGES = [
  {
    file: 'litegraph.js/build/litegraph.core.js',
    cuts: [['var classobj = Function(ctor_code);', `var classobj = ${REFUSAL};`], ['var classobj = Function(code);', `var classobj = ${REFUSAL};`], ['v = eval(v);', `v = ${REFUSAL};`]],
  },
  { file: 'zod/v4/core/util.js', cuts: [['const F = Function;', `const F = ${REFUSAL};`]] },
  { file: 'zod/v4/core/doc.js', cuts: [['const F = Function;', `const F = ${REFUSAL};`]] },
  { file: 'zod/v4/core/compile.js', cuts: [['const F = Function;', `const F = ${REFUSAL};`]] },
];

/**
 * Cuts out of packages what makes code from text.
 *
 * @returns {import('esbuild').Plugin}
 */
export function noCodeFromText() {
  return {
    name: 'no-code-from-text',
    setup({ onLoad }) {
      onLoad({ filter: /[\\/]node_modules[\\/](?:litegraph\.js|zod)[\\/].*\.js$/ }, ({ path }) => {
        const found = PACKAGES.find(({ file }) => path.split(sep).join('/').endsWith(`/node_modules/${file}`));
        if (found === undefined) return undefined;
        return { contents: cut(readFileSync(path, 'utf8'), found), loader: 'js' };
      });
    },
  };
}

/**
 * @param {string} source
 * @param {(typeof PACKAGES)[number]} package_
 * @throws {Error} When a text is not there exactly once.
 */
function cut(source, { file, cuts }) {
  return cuts.reduce((text, [before, after]) => {
    const parts = text.split(before);
    if (parts.length !== 2) throw new Error(`${file} holds ${parts.length - 1} times what is cut out of it: ${before}`);
    return parts.join(after);
  }, source);
}
