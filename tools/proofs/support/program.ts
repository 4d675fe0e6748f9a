import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { GraphFile, GraphNode } from '../../../src/contract/graph-file.ts';
import type { ProofContext } from '../framework/proof.ts';

const answerSchema = z.object({
  outputs: z.array(z.object({ node: z.string(), kind: z.string(), path: z.string(), sha256: z.string(), pixels: z.string().optional() })),
  nodes: z.array(z.object({ id: z.string(), type: z.string(), ms: z.number(), cached: z.boolean() })),
  error: z.looseObject({ code: z.string(), where: z.string(), rule: z.string() }).optional(),
});
export type RunAnswer = z.infer<typeof answerSchema>;

/** Runs a script of Node as a user would, with a cache of this proof's own, and returns what it printed. @throws Error when it ends with another code than 0. */
export function runNode(context: ProofContext, args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, CI: '1', ENGRAM_CACHE: join(context.workFolder, 'cache'), ...environment };
    const child = spawn(process.execPath, args, { cwd: context.root, stdio: ['ignore', 'pipe', 'pipe'], env });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => { output += text; });
    child.stderr.setEncoding('utf8').on('data', (text: string) => { context.log(text.trimEnd()); });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve(output);
      else reject(new Error(`${args.join(' ')} ended with ${signal ?? String(code)}: ${output.slice(-500)}`));
    });
  });
}

/** Runs a graph file through the command line with `--json`, on the CPU. */
export async function runGraphFile(context: ProofContext, path: string, more: readonly string[] = []): Promise<RunAnswer> {
  const program = join(context.root, 'dist', 'cli.mjs');
  const output = await runNode(context, [program, 'run', path, '--json', '--device', 'cpu', '--out', join(context.workFolder, 'out'), ...more]);
  return answerSchema.parse(JSON.parse(output));
}

/** Writes a graph of the given nodes into the proof's folder and returns its path. */
export async function writeGraph(context: ProofContext, name: string, nodes: Readonly<Record<string, Pick<GraphNode, 'type'> & Partial<GraphNode>>>): Promise<string> {
  const file: GraphFile = {
    format: 'engram-graph', version: 1, name,
    nodes: Object.fromEntries(Object.entries(nodes).map(([id, node]) => [id, { version: 1, params: {}, inputs: {}, ...node }])),
  };
  const path = join(context.workFolder, `${name}.graph.json`);
  await writeFile(path, JSON.stringify(file, undefined, 2));
  return path;
}

/** JSON from a file. */
export async function readJsonFile<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  return schema.parse(JSON.parse(await readFile(path, 'utf8')));
}
