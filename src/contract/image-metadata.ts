import { z } from 'zod';

/** What an output file tells about how it was made: everything, or nothing that a person might not want to share. */
export const METADATA_CHOICES = ['full', 'none'] as const;
export type MetadataChoice = (typeof METADATA_CHOICES)[number];

/** Keywords of the texts in a picture that a graph made. PNG has them as text chunks, the other formats as XMP properties. */
export const PICTURE_TEXTS = {
  /** Canonical JSON of the graph file. */
  graph: 'engram-graph',
  /** Id of the node that wrote the file. */
  node: 'engram-node',
  /** Content keys of the writing node's inputs, by port, as JSON. */
  inputs: 'engram-inputs',
  prompt: 'engram-prompt',
  seed: 'engram-seed',
  /** Which of the node's pictures it is: `2/4`. */
  place: 'engram-image',
  /** {@link provenanceSchema} as JSON. */
  provenance: 'engram-provenance',
  /** SHA-256 over width, height and pixels before they were encoded. */
  pixels: 'Pixels-SHA256',
} as const;

const hash = z.string().regex(/^[0-9a-f]{64}$/);
/** Ids of nodes in sub-graphs are `use/use/node`. */
const idOrName = z.string().max(4096);

/** What a run depended on besides its graph. */
export const provenanceSchema = z.object({
  program: z.string().max(200).describe('Version of the program'),
  device: z.string().max(500).nullable().describe('Provider, ONNX Runtime version, threads and plan; null where nothing upstream uses a device'),
  contentKey: hash.describe('Content key of the node that wrote the file'),
  nodes: z.record(idOrName, z.object({
    type: idOrName,
    version: z.int().min(1),
    params: z.record(idOrName, z.unknown()),
  })).default({}).describe('The writing node and everything upstream as they ran: versions after migrations, params with defaults'),
  files: z.array(z.object({
    node: idOrName,
    param: idOrName,
    value: z.string().max(4096).describe('The path as the graph has it'),
    contents: hash.describe('Hash over the contents of the file or folder'),
  })).max(10_000),
});

/** Everything that a picture of ours says of itself. Whoever reads it treats it as a claim: {@link PICTURE_TEXTS} can be edited by anyone. */
export const pictureMetadataSchema = z.object({
  graph: z.string(),
  node: idOrName,
  inputs: z.record(idOrName, z.array(hash).max(10_000)),
  prompt: z.string().optional(),
  seed: z.int().min(0).optional(),
  place: z.object({ index: z.int().min(0), count: z.int().min(1) }).optional(),
  provenance: provenanceSchema.optional(),
  pixels: hash,
});
export type PictureMetadata = z.infer<typeof pictureMetadataSchema>;
export type EmbeddedProvenance = z.infer<typeof provenanceSchema>;

/** File formats that pictures are written in. */
export const PICTURE_FORMATS = ['png', 'webp', 'avif', 'jpeg'] as const;
export type PictureFormat = (typeof PICTURE_FORMATS)[number];

/** How sharply colour is kept, for formats that have the choice. */
export const CHROMA_CHOICES = ['4:4:4', '4:2:0'] as const;

/** How pixels become a file. What a format doesn't have is ignored: PNG has no quality, JPEG is never lossless. */
export interface PictureEncoding {
  readonly format: PictureFormat;
  /** 1..100; WebP, AVIF and JPEG. */
  readonly quality: number;
  /** WebP and AVIF: every pixel is kept; quality and chroma don't count then. */
  readonly lossless: boolean;
  /** AVIF and JPEG: colour at full (4:4:4) or half (4:2:0) resolution. Lossy WebP always has half. */
  readonly chroma: (typeof CHROMA_CHOICES)[number];
}

/** Whether every pixel survives. */
export function isLossless({ format, lossless }: PictureEncoding): boolean {
  return format === 'png' || (lossless && format !== 'jpeg');
}
