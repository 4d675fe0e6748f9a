import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession } from 'onnxruntime-node';
import { afterAll, describe, expect, test } from 'vitest';
import { gradients } from '../../../../src/main/core/autodiff/gradients.ts';
import { lowerGraph } from '../../../../src/main/core/ir/lower.ts';
import { writeOnnx } from '../../../../src/main/core/onnx/write.ts';
import { attention, meanOfAll, mul } from '../../../../src/main/core/ops/functions.ts';
import type { LowerPlan } from '../../../../src/main/core/ops/op.ts';
import { newGraph } from '../../../../src/main/core/ops/registry.ts';

const folder = mkdtempSync(join(tmpdir(), 'attention-memory-'));
afterAll(() => rmSync(folder, { recursive: true }));

const HEADS = 8;
const HEAD_WIDTH = 40;
const MEBIBYTE = 2 ** 20;
const scoreBytes = (tokens: number): number => HEADS * tokens * tokens * 4;
/** Keeps the whole score matrix from the forward to the backward pass. */
const NAIVE: Partial<LowerPlan> = { attentionScoreBytes: Number.MAX_VALUE, attentionKeepBytes: Number.MAX_VALUE };

/** One self-attention as in a U-Net's widest level, with the gradients of all three operands. Returns the model's path. */
function writeModel(name: string, tokens: number, plan: Partial<LowerPlan>): string {
  const builder = newGraph(name);
  const shape = [1, tokens, HEADS * HEAD_WIDTH];
  const [query, key, value, upstream] = ['query', 'key', 'value', 'upstream'].map((input) => builder.input(input, 'float32', shape)) as [never, never, never, never];
  const loss = meanOfAll(builder, mul(builder, attention(builder, query, key, value, { heads: HEADS, scale: HEAD_WIDTH ** -0.5 }), upstream));
  gradients(builder, loss, [query, key, value]).forEach((gradient, index) => builder.output(`gradient${index}`, gradient));
  const path = join(folder, `${name}.onnx`);
  writeFileSync(path, writeOnnx(lowerGraph(builder.build(), plan), { externalLocation: (file) => file }));
  return path;
}

/** Bytes that one run adds to a process of its own, at their peak: inputs, outputs, runtime and all. */
function peakBytes(model: string): number {
  const line = execFileSync(process.execPath, [join(import.meta.dirname, '../../../support/peak-memory.mjs'), model], { encoding: 'utf8' });
  const { before, peak } = JSON.parse(line) as { before: number; peak: number };
  return peak - before;
}

/** How many nodes of an op the runtime is left with after its own optimizations. */
async function optimizedCount(model: string, op: string): Promise<number> {
  const optimized = `${model}.optimized`;
  const session = await InferenceSession.create(model, { optimizedModelFilePath: optimized, graphOptimizationLevel: 'extended', logSeverityLevel: 3 });
  await session.release();
  // Field 4 of a node, its op_type, with its length: no other field of these graphs looks like that.
  const pattern = Buffer.concat([Buffer.from([0x22, op.length]), Buffer.from(op)]);
  const bytes = readFileSync(optimized);
  let count = 0;
  for (let at = bytes.indexOf(pattern); at !== -1; at = bytes.indexOf(pattern, at + 1)) count += 1;
  return count;
}

describe('peak memory of attention, forward and backward, in a process of its own', () => {
  test('4096 tokens, 8 heads of 40: less than one score matrix', () => {
    const peak = peakBytes(writeModel('chunked-4096', 4096, {}));
    // One matrix is 512 MiB, and naively several live at once (3.5 GB were seen). Seen here: 250 MB, of which 3 chunks of 32 MiB and 7 operands of 5 MiB.
    expect(peak).toBeLessThan(0.7 * scoreBytes(4096));
  });

  test('2048 tokens: a third of what the naive form takes, at most', () => {
    const chunked = peakBytes(writeModel('chunked-2048', 2048, { attentionScoreBytes: 8 * MEBIBYTE }));
    const naive = peakBytes(writeModel('naive-2048', 2048, NAIVE));
    expect(naive).toBeGreaterThan(3 * scoreBytes(2048));
    expect(chunked).toBeLessThan(naive / 3);
  });
});

describe('what the runtime makes of the chunks', () => {
  const tokens = 256;

  test('recomputed chunks are not merged, neither with the forward ones nor with each other', async () => {
    const plan = { attentionScoreBytes: scoreBytes(tokens) / 4, attentionKeepBytes: 0 };
    expect(await optimizedCount(writeModel('apart', tokens, plan), 'Softmax')).toBe(8);
  });

  test('one recomputed chunk is not merged with the forward one', async () => {
    expect(await optimizedCount(writeModel('apart-single', tokens, { attentionKeepBytes: 0 }), 'Softmax')).toBe(2);
  });

  test('a small matrix is kept: forward and backward share one softmax', async () => {
    expect(await optimizedCount(writeModel('shared', tokens, NAIVE), 'Softmax')).toBe(1);
  });
});
