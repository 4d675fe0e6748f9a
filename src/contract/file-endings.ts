/** Ending of graph files. */
export const GRAPH_ENDING = '.graph.json';

/** Ending of concept tables. */
export const TABLE_ENDING = '.engram.safetensors';
