import { z } from 'zod';
import { errorDataSchema } from '../engine-rpc.ts';
import type { GraphFile } from '../graph-file.ts';

/** Absolute path on the machine that the studio's main process runs on. */
export const pathSchema = z.string().min(1).max(4096).refine((path) => !path.includes('\0'), 'must not hold a NUL character');

/** SHA-256 of a file's bytes, hex: what the file was when it was last read or written. */
export const revisionSchema = z.string().regex(/^[0-9a-f]{64}$/);

/**
 * A graph as it is edited: every field that its file has, known or not. Only that it is a graph is checked here;
 * whoever saves or runs it checks all of it, so that a half-wired graph can cross the border.
 */
export const graphDocumentSchema = z.custom<GraphFile>((value) => {
  const graph = value as Partial<GraphFile> | null;
  return typeof graph === 'object' && graph?.format === 'engram-graph' && typeof graph.nodes === 'object' && graph.nodes !== null;
}, 'must be a graph');

/** A graph that was read from a file. */
export const openedGraphSchema = z.object({
  path: pathSchema,
  name: z.string(),
  graph: graphDocumentSchema,
  revision: revisionSchema,
  /** Shipped with the program: saving asks for another place. */
  readOnly: z.boolean(),
});
export type OpenedGraph = z.infer<typeof openedGraphSchema>;

/** A graph that was taken out of a dropped file: its own JSON, or what a picture of ours carries. */
export const importedGraphSchema = z.object({ name: z.string(), graph: graphDocumentSchema, source: z.enum(['graph', 'picture']) });
export type ImportedGraph = z.infer<typeof importedGraphSchema>;

export const savedGraphSchema = z.object({ path: pathSchema, name: z.string(), revision: revisionSchema });
export type SavedGraph = z.infer<typeof savedGraphSchema>;

export const recentFileSchema = z.object({
  path: pathSchema,
  name: z.string(),
  /** Milliseconds since 1970. */
  openedAt: z.number(),
  exists: z.boolean(),
});
export type RecentFile = z.infer<typeof recentFileSchema>;

export const shippedGraphSchema = z.object({ path: pathSchema, name: z.string(), description: z.string() });
export type ShippedGraph = z.infer<typeof shippedGraphSchema>;

/** What a folder listing can be narrowed to. */
export const FILE_KINDS = ['folder', 'graph', 'table', 'image', 'model', 'other'] as const;
export type FileKind = (typeof FILE_KINDS)[number];

export const folderEntrySchema = z.object({
  name: z.string(),
  path: pathSchema,
  kind: z.enum(FILE_KINDS),
  /** Bytes; 0 for folders. */
  size: z.number(),
  modified: z.number(),
  /** How a graph names it: `models:NAME`, or relative to the graph's folder; undefined where a graph can't reach it. */
  value: z.string().optional(),
});
export type FolderEntry = z.infer<typeof folderEntrySchema>;

export const folderListingSchema = z.object({
  path: pathSchema,
  /** The folder above, when it may be listed. */
  parent: pathSchema.optional(),
  entries: z.array(folderEntrySchema),
  /** More entries than are listed. */
  truncated: z.boolean(),
});
export type FolderListing = z.infer<typeof folderListingSchema>;

/** Where a file dialog can start. */
export const placeSchema = z.object({ name: z.string(), path: pathSchema });
export type Place = z.infer<typeof placeSchema>;

/** One kept version of a graph. */
export const graphVersionSchema = z.object({
  /** SHA-256 of its JSON, hex. */
  id: revisionSchema,
  savedAt: z.number(),
  kind: z.enum(['save', 'autosave', 'outside']),
  nodes: z.number(),
  bytes: z.number(),
});
export type GraphVersion = z.infer<typeof graphVersionSchema>;

/** Unsaved work of a window that went down. */
export const recoverySchema = z.object({
  document: z.string(),
  name: z.string(),
  path: pathSchema.nullable(),
  savedAt: z.number(),
  nodes: z.number(),
});
export type Recovery = z.infer<typeof recoverySchema>;

/** An answer's faults, for calls that report them as data. */
export const faultsSchema = z.array(errorDataSchema);
