import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import ts from 'typescript';

/**
 * An import as written in a file.
 *
 * @typedef {object} ImportSite
 * @property {string} specifier
 * @property {number} line 1-based.
 * @property {boolean} typeOnly Whether it is erased (`import type`): it counts for layers, but cannot close a circle at run time.
 */

/** Which files are code of this program; declaration files carry no imports that run. */
const CODE = /(?<!\.d)\.(?:tsx?|mjs)$/;

/**
 * Lists the code files under some folders.
 *
 * @param {string} root Repository root.
 * @param {readonly string[]} folders Folders relative to the root; missing ones are skipped.
 * @param {RegExp} skip Paths to leave out (fixtures, installed packages).
 * @returns {string[]} Paths relative to the root, with `/`, sorted.
 */
export function listCode(root, folders, skip) {
  /** @type {string[]} */
  const found = [];
  /** @param {string} folder */
  const walk = (folder) => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = posix.join(folder, entry.name);
      if (skip.test(path)) continue;
      if (entry.isDirectory()) walk(path);
      else if (CODE.test(path)) found.push(path);
    }
  };
  const present = new Set(readdirSync(root));
  for (const folder of folders) if (present.has(folder)) walk(folder);
  return found.sort();
}

/**
 * Reads what each file imports: static, type-only and dynamic imports and re-exports alike.
 *
 * @param {string} root Repository root.
 * @param {readonly string[]} files Paths relative to the root.
 * @returns {Map<string, ImportSite[]>} File to its imports.
 */
export function readImports(root, files) {
  return new Map(files.map((file) => [file, importsOf(readFileSync(join(root, file), 'utf8'))]));
}

/**
 * @param {string} text Source text.
 * @returns {ImportSite[]}
 */
function importsOf(text) {
  const erased = typeOnlyRanges(text);
  const { importedFiles } = ts.preProcessFile(text, true, true);
  return importedFiles.map(({ fileName, pos }) => ({
    specifier: fileName,
    line: text.slice(0, pos).split('\n').length,
    typeOnly: erased.some(([from, to]) => from <= pos && pos < to),
  }));
}

/**
 * @param {string} text Source text.
 * @returns {[number, number][]} The ranges of whole `import type` and `export type … from` statements.
 */
function typeOnlyRanges(text) {
  const source = ts.createSourceFile('source.ts', text, ts.ScriptTarget.Latest);
  const erased = source.statements.filter(
    (statement) =>
      (ts.isImportDeclaration(statement) && statement.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword) ||
      (ts.isExportDeclaration(statement) && statement.isTypeOnly),
  );
  return erased.map((statement) => [statement.pos, statement.end]);
}

/**
 * Finds circles of imports that exist at run time: they make a program depend on which file is loaded first.
 *
 * @param {ReadonlyMap<string, readonly ImportSite[]>} imports File to its imports.
 * @returns {string[][]} Each cycle as the files along it, the first one repeated at the end; one per strongly connected group.
 */
export function findCycles(imports) {
  /** @type {Map<string, 'open' | 'done'>} */
  const state = new Map();
  /** @type {string[]} */
  const path = [];
  /** @type {string[][]} */
  const cycles = [];
  /** @param {string} file */
  const visit = (file) => {
    state.set(file, 'open');
    path.push(file);
    for (const { specifier, typeOnly } of imports.get(file) ?? []) {
      if (typeOnly) continue;
      const target = specifier.startsWith('.') ? posix.join(posix.dirname(file), specifier) : specifier;
      if (!imports.has(target)) continue;
      if (state.get(target) === 'open') cycles.push([...path.slice(path.indexOf(target)), target]);
      else if (!state.has(target)) visit(target);
    }
    path.pop();
    state.set(file, 'done');
  };
  for (const file of imports.keys()) if (!state.has(file)) visit(file);
  return cycles;
}
