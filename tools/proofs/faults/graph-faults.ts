import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { changed, RENDER, writeGraphFile, type Fault, type Nodes, type Scene } from './scene.ts';

/** A fault of the graph itself. */
function graphFault(name: string, code: string, says: RegExp, nodes: Nodes): Fault {
  return { name, code, says, exit: 2, prepare: async (scene) => [await writeGraphFile(scene, nodes)] };
}

/** A fault of the graph file's text. */
function textFault(name: string, code: string, says: RegExp, text: string): Fault {
  return {
    name, code, says, exit: 2,
    async prepare(scene) {
      const path = join(scene.folder, 'fault.graph.json');
      await writeFile(path, text);
      return [path];
    },
  };
}

const HUNDRED_MEGABYTES = 100 * 1024 * 1024;

/** A graph file of 100 MB that begins like a graph. */
async function writeHugeGraph(scene: Scene): Promise<string[]> {
  const path = join(scene.folder, 'fault.graph.json');
  const file = await open(path, 'w');
  const filling = Buffer.alloc(1024 * 1024, 'a');
  await file.write('{"format":"engram-graph","version":1,"name":"');
  for (let written = 0; written < HUNDRED_MEGABYTES; written += filling.length) await file.write(filling);
  await file.write('","nodes":{}}');
  await file.close();
  return [path];
}

const link = (node: string, port: string): { node: string; port: string } => ({ node, port });

/** Faults of graphs and of the command line. */
export const GRAPH_FAULTS: readonly Fault[] = [
  graphFault('node-unknown', 'graph.unknown-type', /must be a node type that is installed, got Teleport/, changed(RENDER, 'save', { type: 'Teleport' })),
  graphFault('output-unknown', 'graph.unknown-output', /must come from an output of .*, got picture/, changed(RENDER, 'save', { inputs: { image: link('decode', 'picture') } })),
  graphFault('input-unknown', 'graph.unknown-input', /has no input "prompt"/, changed(RENDER, 'decode', { inputs: { prompt: link('prompts', 'positive') } })),
  graphFault('link-to-nowhere', 'graph.missing-node', /must come from a node of this graph, got nobody/, changed(RENDER, 'decode', { inputs: { latents: link('nobody', 'latents') } })),
  graphFault('link-of-another-type', 'graph.link-type', /input "latents" must be Latents, got Conditioning/, changed(RENDER, 'decode', { inputs: { latents: link('prompts', 'positive') } })),
  graphFault('cycle', 'graph.cycle', /must not need its own output/, changed(RENDER, 'sample', { inputs: { latents: link('sample', 'latents') } })),
  graphFault('value-out-of-range', 'graph.param-value', /steps.*1.*1000.*got 0/, changed(RENDER, 'sample', { params: { steps: 0 } })),
  graphFault('value-of-another-type', 'graph.param-value', /guidanceScale.*got "much"/, changed(RENDER, 'sample', { params: { guidanceScale: 'much' } })),
  graphFault('choice-unknown', 'graph.param-value', /scheduler.*got "magic"/, changed(RENDER, 'sample', { params: { scheduler: 'magic' } })),
  graphFault('param-unknown', 'graph.unknown-param', /has no param "stepz"/, changed(RENDER, 'sample', { params: { stepz: 3 } })),
  graphFault('node-of-a-newer-program', 'graph.newer-node', /update the program/, changed(RENDER, 'sample', { version: 99 })),
  graphFault('path-that-leaves-the-folder', 'files.outside', /must stay within/, changed(RENDER, 'backbone', { params: { folder: '../../../../../etc' } })),
  textFault('graph-not-json', 'graph.not-json', /must be JSON/, '{ "format": "engram-graph", '),
  textFault('graph-of-json-but-no-graph', 'graph.not-an-object', /fault\.graph\.json/, '[1, 2, 3]'),
  textFault('graph-of-another-format', 'graph.format', /fault\.graph\.json/, JSON.stringify({ format: 'something-else', version: 1, nodes: {} })),
  textFault('graph-of-a-newer-version', 'graph.newer-version', /fault\.graph\.json/, JSON.stringify({ format: 'engram-graph', version: 999, nodes: {} })),
  textFault('graph-empty', 'graph.not-json', /must be JSON/, ''),
  { name: 'graph-of-100-megabytes', code: 'graph.too-large', says: /must be at most \d+ characters/, exit: 2, prepare: writeHugeGraph },
  { name: 'graph-missing', code: 'graph.unreadable', says: /must be a graph file that can be read, got ENOENT/, exit: 2, prepare: (scene) => Promise.resolve([join(scene.folder, 'nowhere.graph.json')]) },
  { name: 'graph-is-a-folder', code: 'graph.unreadable', says: /must be a graph file that can be read, got EISDIR/, exit: 2, prepare: (scene) => Promise.resolve([scene.folder]) },
  { name: 'setting-of-no-node', code: 'cli.set-node', says: /the graph has no node "smaple"/, exit: 2, prepare: async (scene) => [await writeGraphFile(scene, RENDER), '--set', 'smaple.steps=3'] },
];
