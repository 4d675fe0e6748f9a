import { linksOf, type GraphLink, type GraphNode } from '../../contract/graph-file.ts';
import { keepReroutes } from './layout/reroutes.ts';
import { mapNodes, type GraphNodes } from './state.ts';

/** The nodes with every link replaced by none, one or several; an input that loses its last link is left out. */
export function relink(nodes: GraphNodes, replace: (link: GraphLink) => readonly GraphLink[]): GraphNodes {
  return mapNodes(nodes, (node) => {
    let changed = false;
    const inputs = Object.entries(node.inputs).flatMap(([name, input]) => {
      const before = linksOf(input);
      const after = before.flatMap(replace);
      if (after.length === before.length && after.every((link, index) => link === before[index])) return [[name, input] as const];
      changed = true;
      if (after.length === 0) return [];
      return [[name, Array.isArray(input) ? after : after[0] as GraphLink] as const];
    });
    return changed ? keepReroutes({ ...node, inputs: Object.fromEntries(inputs) }) : node;
  });
}

/** The nodes with an input of some of them under another name, or with undefined without it. */
export function renameInput(nodes: GraphNodes, isIt: (node: GraphNode) => boolean, port: string, to: string | undefined): GraphNodes {
  return mapNodes(nodes, (node) => {
    if (!isIt(node) || !Object.hasOwn(node.inputs, port)) return node;
    const inputs = Object.entries(node.inputs).flatMap(([name, input]) => (name !== port ? [[name, input] as const] : to === undefined ? [] : [[to, input] as const]));
    return keepReroutes({ ...node, inputs: Object.fromEntries(inputs) });
  });
}

/** The nodes with the links from an output of some of them leading to its new name, or with undefined without them. */
export function renameOutput(nodes: GraphNodes, isIt: (node: GraphNode) => boolean, port: string, to: string | undefined): GraphNodes {
  return relink(nodes, (link) => {
    const source = link.port === port && Object.hasOwn(nodes, link.node) ? nodes[link.node] : undefined;
    if (source === undefined || !isIt(source)) return [link];
    return to === undefined ? [] : [{ ...link, port: to }];
  });
}
