import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { checkLayers } from '../../tools/layers.mjs';
import { findBreach } from '../../tools/layers/check.mjs';
import { ROOT } from '../../tools/lib/paths.mjs';

describe('findBreach', () => {
  it.each([
    ['src/main/engine/session.ts', '../core/session.ts'],
    ['src/main/engine/session.ts', 'onnxruntime-node'],
    ['src/main/core/onnx/write.ts', '@bufbuild/protobuf/wire'],
    ['src/main/core/ops/add.ts', '../ir/types.ts'],
    ['nodes/sampling/sample.ts', '../../src/main/diffusion/sampler.ts'],
    ['src/main/services/images.ts', 'sharp'],
    ['src/main/services/files.ts', 'node:fs/promises'],
    ['src/main/cli.ts', './engine/sessions.ts'],
    ['src/main/cli/run-command.ts', '../ipc/engine-client.ts'],
    ['tools/pocket/render.mjs', 'sharp'],
    ['tools/proofs/main.ts', '../../package.json'],
    ['vitest.config.ts', 'vitest/config'],
  ])('lets %s import %s', (importer, specifier) => {
    expect(findBreach(importer, specifier)).toBeUndefined();
  });

  it.each([
    ['src/main/diffusion/sampler.ts', '../backbones/index.ts', 'diffusion may not import backbones (src/main/backbones/index.ts); allowed: [contract, core]'],
    ['src/main/core/ops/add.ts', '../../engine/session.ts', 'core may not import engine (src/main/engine/session.ts); allowed: [contract]'],
    ['src/contract/graph.ts', '../main/core/ir/types.ts', 'contract may not import core (src/main/core/ir/types.ts); allowed: []'],
    ['src/main/core/random/seed.ts', 'node:crypto', "core may not import Node's node:crypto; allowed: [zod, @noble/hashes, @bufbuild/protobuf, @huggingface/tokenizers]"],
    ['src/main/core/random/seed.ts', 'fs', "core may not import Node's fs"],
    ['nodes/io/load-image.ts', 'sharp', 'nodes may not import package sharp; only [services, pocket tools, tools, test] may'],
    ['src/main/cli.ts', 'onnxruntime-node', 'composition roots may not import package onnxruntime-node; only [engine, test] may'],
    ['src/main/runtime/plan.ts', '../core/ir/types.ts', 'runtime may not import core'],
    ['src/main/runtime/plan.ts', 'lodash/merge', 'runtime may not import package lodash; allowed: [zod, @noble/hashes, node:*]'],
    ['src/main/cli.ts', '../../test/setup/global.ts', 'composition roots may not import test'],
    ['src/main/misc/thing.ts', 'zod', 'src/main/misc/thing.ts is in no layer'],
    ['src/main/engine/a.ts', '../misc/thing.ts', 'src/main/misc/thing.ts is in no layer'],
  ])('keeps %s from importing %s', (importer, specifier, message) => {
    expect(findBreach(importer, specifier)).toContain(`Bad layering: ${message}`);
  });
});

describe('checkLayers', () => {
  const folders: string[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  });

  function makeTree(files: Readonly<Record<string, string>>): string {
    const root = mkdtempSync(join(tmpdir(), 'layers-'));
    folders.push(root);
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    return root;
  }

  it('names file, line and rule of every breach, in whatever form it is written', () => {
    const root = makeTree({
      'src/main/core/a.ts': "export const a = 1;\nimport { b } from '../engine/b.ts';\n",
      'src/main/core/c.ts': "export type { B } from '../engine/b.ts';\n",
      'src/main/core/d.ts': "export const late = () => import('node:fs');\n",
      'src/main/core/e.ts': "// import { b } from '../engine/b.ts';\nexport const text = \"import 'node:fs'\";\n",
      'src/main/engine/b.ts': 'export const b = 1;\n',
    });
    const { files, faults } = checkLayers(root);
    expect(files).toBe(5);
    expect(faults).toEqual([
      expect.stringContaining('src/main/core/a.ts:2: Bad layering: core may not import engine'),
      expect.stringContaining('src/main/core/c.ts:1: Bad layering: core may not import engine'),
      expect.stringContaining("src/main/core/d.ts:1: Bad layering: core may not import Node's node:fs"),
    ]);
  });

  it('finds a circle, but not one that types alone would close', () => {
    const root = makeTree({
      'src/contract/a.ts': "import { b } from './b.ts';\nexport const a = b;\n",
      'src/contract/b.ts': "export { c as b } from './c.ts';\n",
      'src/contract/c.ts': "import { a } from './a.ts';\nexport const c = () => a;\n",
      'src/contract/d.ts': "import type { E } from './e.ts';\nexport interface D { readonly e: E }\n",
      'src/contract/e.ts': "import { type D, d } from './d.ts';\nexport interface E { readonly d: D }\nexport { d };\n",
    });
    expect(checkLayers(root).faults).toEqual([
      'src/contract/a.ts: Circular import: src/contract/a.ts -> src/contract/b.ts -> src/contract/c.ts -> src/contract/a.ts',
    ]);
  });

  it('ends with code 1 on a fault and 0 without', () => {
    const run = (root: string): number | null => spawnSync(process.execPath, [join(ROOT, 'tools', 'layers.mjs'), root]).status;
    expect(run(makeTree({ 'src/contract/a.ts': "import 'node:fs';\n" }))).toBe(1);
    expect(run(makeTree({ 'src/contract/a.ts': 'export {};\n' }))).toBe(0);
  });
});
