import { GraphBuilder } from '../ir/builder.ts';
import { opDefinitions } from './definitions/index.ts';
import { OpRegistry } from './op.ts';

/** The ops that this program knows. */
export const opRegistry = new OpRegistry(opDefinitions);

/** An empty graph under construction. */
export function newGraph(name: string): GraphBuilder {
  return new GraphBuilder(name, opRegistry);
}
