import type { NodeSchema } from '../../contract/node.ts';
import { nodeDefinitions } from '../../../nodes/index.ts';
import { NodeRegistry } from '../runtime/node-registry.ts';

/** The schemas of all installed node types. */
export function nodeCatalogue(): NodeSchema[] {
  return new NodeRegistry(nodeDefinitions).catalogue();
}
