import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { nodeDefinitions } from '../../nodes/index.ts';
import type { GraphFile } from '../../src/contract/graph-file.ts';
import { schemaOf, type NodeDefinition } from '../../src/contract/node.ts';
import type { ParamValue } from '../../src/contract/params.ts';
import { parseGraph } from '../../src/main/runtime/read-graph.ts';
import { Catalogue } from '../../src/renderer/graph/catalogue.ts';
import type { Command } from '../../src/renderer/graph/commands/index.ts';
import { Editor, type DispatchOptions, type DispatchResult } from '../../src/renderer/graph/editor.ts';
import { linksOf } from '../../src/contract/graph-file.ts';
import { openScope } from '../../src/renderer/graph/state.ts';
import { ROOT } from '../../tools/lib/paths.mjs';

/** The node types that ship. */
export const SHIPPED = new Catalogue(nodeDefinitions.map((definition) => schemaOf(definition as unknown as NodeDefinition<never>)));

/** A graph with nothing in it. */
export const EMPTY: GraphFile = { format: 'engram-graph', version: 1, nodes: {} };

/** A graph that ships, by name. */
export function shippedGraph(name: string): GraphFile {
  const file = `${name}.graph.json`;
  return parseGraph(readFileSync(join(ROOT, 'graphs', file), 'utf8'), file);
}

/** An editor to be driven by chained gestures: each does what a hand does, and fails the test when it is refused. */
export class TestEditor extends Editor {
  /** Ids made by the last gesture. */
  created: readonly string[] = [];

  constructor(document: GraphFile = EMPTY, catalogue: Catalogue = SHIPPED) {
    super({ document, catalogue });
  }

  /** Does it, and expects that it was taken. */
  do(command: Command, options?: DispatchOptions): this {
    const result = this.dispatch(command, options);
    expect(result).toMatchObject({ ok: true });
    this.created = result.ok ? result.created : [];
    return this;
  }

  /** Expects that it is refused with this code, and that nothing changed. */
  refuses(command: Command, code: string): this {
    const before = this.state;
    const result: DispatchResult = this.dispatch(command);
    expect(result).toMatchObject({ ok: false, error: { code } });
    expect(this.state).toBe(before);
    return this;
  }

  add(nodeType: string, id: string, x = 0, y = 0): this {
    return this.do({ type: 'add-node', nodeType, id, position: [x, y] });
  }

  /** `link('a.out', 'b.in')`. */
  link(from: string, to: string): this {
    return this.do({ type: 'connect', from: end(from), to: end(to) });
  }

  set(node: string, param: string, value: ParamValue, gesture?: string): this {
    return this.do({ type: 'set-param', node, param, value }, gesture === undefined ? {} : { gesture });
  }

  undoAll(): this {
    while (this.undo());
    return this;
  }

  redoAll(): this {
    while (this.redo());
    return this;
  }

  /** The links of the open scope as `a.out > b.in`, in order. */
  get wires(): string[] {
    return this.view.links.map((link) => `${link.from.node}.${link.from.port} > ${link.to.node}.${link.to.port}`);
  }

  /** Ids of the open scope's nodes, in order. */
  get ids(): string[] {
    return Object.keys(openScope(this.state).nodes);
  }

  /** Where an input's links come from. */
  sources(node: string, port: string): string[] {
    return linksOf(this.view.node(node)?.inputs[port]).map((link) => `${link.node}.${link.port}`);
  }
}

/** `node.port` as an end of a link. */
export function end(text: string): { node: string; port: string } {
  const [node = '', port = ''] = text.split('.');
  return { node, port };
}

/** Processor time of some work, in ms: what other programs do meanwhile doesn't count. */
export function processorMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
