import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defineProof, judge } from './framework/proof.ts';
import { proofSeed } from './support/live.ts';
import { runTests, type TestOutcome } from './support/vitest.ts';

/** A property that must be among those tested: its file and what its test is called. */
interface Property { readonly file: string; readonly test: RegExp }

/** What the README claims of formats, matcher, runtime and autodiff. */
const REQUIRED: Readonly<Record<string, Property>> = {
  'safetensors: parse(write(x)) = x': { file: 'test/main/core/safetensors/round-trip.test.ts', test: /gives what was written/ },
  'safetensors: any damaged header is read or refused': { file: 'test/main/core/safetensors/header.test.ts', test: /./ },
  'concept table: parse(write(x)) = x': { file: 'test/main/engram/table-file.test.ts', test: /any table survives the way through a file/ },
  'training checkpoint: parse(write(x)) = x': { file: 'test/main/engram/training/checkpoint.test.ts', test: /is read as it was written/ },
  'graph file: parse(write(x)) = x': { file: 'test/main/runtime/read-graph.test.ts', test: /gives back what was written/ },
  'PNG texts: parse(write(x)) = x': { file: 'test/main/services/images/png-text.test.ts', test: /./ },
  'JSON of Python: parse(write(x)) = x': { file: 'test/main/services/python-json.test.ts', test: /./ },
  'generator state: restore(save(x)) goes on as x': { file: 'test/main/core/random/torch-generator.test.ts', test: /goes on exactly after any calls/ },
  'matcher = naive scan': { file: 'test/main/engram/matcher.test.ts', test: /agrees with the definition on any keys and ids/ },
  'executor = naive evaluator on random graphs': { file: 'test/main/runtime/execute.test.ts', test: /computes any acyclic graph as plain arithmetic does/ },
  'autodiff = finite differences on random graphs, float64': { file: 'test/main/core/autodiff/random-graphs.test.ts', test: /double kernels/ },
  'autodiff = finite differences on random graphs of all ops': { file: 'test/main/core/autodiff/random-graphs.test.ts', test: /all ops, in float32/ },
  'random graphs hold every op': { file: 'test/main/core/autodiff/random-graphs.test.ts', test: /every op with a gradient rule/ },
};

/** Test files that draw their cases with fast-check. */
async function propertyFiles(root: string): Promise<string[]> {
  const files: string[] = [];
  for (const name of (await readdir(join(root, 'test'), { recursive: true })).map((path) => path.replaceAll('\\', '/')).sort()) {
    if (name.endsWith('.test.ts') && (await readFile(join(root, 'test', name), 'utf8')).includes("from 'fast-check'")) files.push(`test/${name}`);
  }
  return files;
}

function holds({ file, test }: Property, outcomes: readonly TestOutcome[]): boolean {
  const own = outcomes.filter((outcome) => outcome.file === file && test.test(outcome.name));
  return own.length > 0 && own.every(({ passed }) => passed);
}

export const properties = defineProof({
  name: 'properties',
  expectedSeconds: 150,
  summary: 'Formats read what they wrote; matcher, runtime and autodiff equal their naive definitions, on cases drawn at random.',
  async run(context) {
    const files = await propertyFiles(context.root);
    const seed = proofSeed();
    process.env['ENGRAM_PROPERTY_SEED'] = String(seed); // test/setup/properties.ts reads it in the processes that run the tests
    const outcomes = await runTests(context, files);
    const failures = outcomes.filter(({ passed }) => !passed).map(({ file, name }) => `${file}: ${name}`);
    const missing = Object.entries(REQUIRED).filter(([, property]) => !holds(property, outcomes)).map(([claim]) => claim);
    const required = Object.keys(REQUIRED).length;
    const figures = { seed, files: files.length, tests: outcomes.length, failed: failures.length, failures, required, requiredThatHold: required - missing.length, missing };
    return judge(figures, { failed: { equals: 0 }, requiredThatHold: { equals: required }, files: { atLeast: 15 } });
  },
});
