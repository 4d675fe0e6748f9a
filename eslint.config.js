import eslint from '@eslint/js';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { exportedDocs } from './tools/eslint/exported-docs.mjs';
import { layers } from './tools/eslint/layers.mjs';

/** The layers that must give the same answer everywhere and every time: no clock, no hidden randomness. */
const PURE = ['src/contract/**', 'src/renderer/graph/**', 'src/main/{core,diffusion,backbones,engram}/**', 'nodes/**'];

const NAMING = [
  { selector: 'typeLike', format: ['PascalCase'] },
  { selector: 'function', format: ['camelCase'] },
  { selector: ['variable', 'parameter'], format: ['camelCase', 'UPPER_CASE', 'PascalCase'], leadingUnderscore: 'allow' },
];

/** In files with JSX, functions with a capital letter are components: that is how JSX tells them from elements. */
const COMPONENT_NAMING = NAMING.map((rule) => (rule.selector === 'function' ? { ...rule, format: ['camelCase', 'PascalCase'] } : rule));

const CLOCK_AND_CHANCE = [
  { object: 'Math', property: 'random', message: 'Take an explicit seed: use the generators of src/main/core/random.' },
  { object: 'Date', property: 'now', message: 'Take a clock as an argument: equal inputs must give equal outputs.' },
];

/**
 * Rules for all code, typed or not.
 *
 * @type {Record<string, import('eslint').Linter.RuleEntry>}
 */
const COMMON = {
  'engram/layers': 'error',
  'max-lines': ['error', { max: 400 }],
  'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
  'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true, named: true, defaultFrom: true, namedFrom: true, namespaceFrom: true } }],
  'no-eval': 'error',
  'no-implied-eval': 'error',
  'no-new-func': 'error',
  // Looking for control characters is how hostile paths and prompts are told.
  'no-control-regex': 'off',
  eqeqeq: 'error',
  'prefer-const': 'error',
};

/**
 * Rules that need types.
 *
 * @type {Record<string, import('eslint').Linter.RuleEntry>}
 */
const TYPED = {
  '@typescript-eslint/ban-ts-comment': ['error', { 'ts-ignore': true, 'ts-nocheck': true, 'ts-expect-error': 'allow-with-description' }],
  '@typescript-eslint/consistent-type-imports': 'error',
  '@typescript-eslint/naming-convention': ['error', ...NAMING],
  '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
  '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
  // A thing may be async because its interface is (a service, a node's run), though this one awaits nothing.
  '@typescript-eslint/require-await': 'off',
  // Numbers and the like in messages are what messages are for; objects and `any` stay forbidden.
  '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
  'engram/exported-docs': 'error',
};

// eslint.config.js and vitest.config.ts must export by default: their readers ask for it.
export default defineConfig(
  { ignores: ['node_modules/', 'dist/', '.cache/', 'out/', 'coverage/', 'test/fixtures/', '**/*.d.ts'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  { plugins: { engram: { rules: { layers, 'exported-docs': exportedDocs } } } },
  eslint.configs.recommended,
  { files: ['**/*.{ts,tsx,mjs,js}'], rules: COMMON },
  {
    files: ['**/*.{ts,tsx}'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: TYPED,
  },
  { files: ['**/*.tsx'], rules: { '@typescript-eslint/naming-convention': ['error', ...COMPONENT_NAMING] } },
  // The compiler knows the globals of each layer; ESLint's own list would only repeat it.
  { files: ['**/*.{ts,tsx,mjs,js}'], rules: { 'no-undef': 'off' } },
  { files: PURE, rules: { 'no-restricted-properties': ['error', ...CLOCK_AND_CHANCE] } },
  { files: ['test/**'], rules: { 'max-lines-per-function': 'off', 'engram/exported-docs': 'off', '@typescript-eslint/unbound-method': 'off' } },
  { files: ['*.config.{js,ts}'], rules: { 'no-restricted-exports': 'off' } },
);
