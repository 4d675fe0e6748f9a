import type { NodeDefinition } from '../src/contract/node.ts';
import { imageDatasetNode } from './data/image-dataset.ts';
import { conceptTableNode } from './engram/concept-table.ts';
import { injectNode } from './engram/inject.ts';
import { loadTableNode } from './engram/load-table.ts';
import { saveTableNode } from './engram/save-table.ts';
import { streamSharesNode } from './engram/stream-shares.ts';
import { triggerRegistryNode } from './engram/trigger-registry.ts';
import { compareImagesNode } from './image/compare-images.ts';
import { contactSheetNode } from './image/contact-sheet.ts';
import { loadImageNode } from './image/load-image.ts';
import { saveImageNode } from './image/save-image.ts';
import { vaeDecodeNode } from './image/vae-decode.ts';
import { vaeEncodeNode } from './image/vae-encode.ts';
import { loadBackboneNode } from './models/load-backbone.ts';
import { loadTextEncoderNode } from './models/load-text-encoder.ts';
import { loadVaeNode } from './models/load-vae.ts';
import { booleanNode } from './parameters/boolean.ts';
import { numberNode } from './parameters/number.ts';
import { numberListNode } from './parameters/number-list.ts';
import { seedNode } from './parameters/seed.ts';
import { textNode } from './parameters/text.ts';
import { textListNode } from './parameters/text-list.ts';
import { batchNode } from './sampling/batch.ts';
import { emptyLatentNode } from './sampling/empty-latent.ts';
import { encodePromptNode } from './sampling/encode-prompt.ts';
import { promptListNode } from './sampling/prompt-list.ts';
import { sampleNode } from './sampling/sample.ts';
import type { NodeServices } from './services.ts';
import { trainNode } from './training/train.ts';
import { noteNode } from './util/note.ts';
import { saveReportNode } from './util/save-report.ts';

/** Every node type, one entry each. */
export const nodeDefinitions: readonly NodeDefinition<NodeServices>[] = [
  batchNode,
  booleanNode,
  compareImagesNode,
  conceptTableNode,
  contactSheetNode,
  emptyLatentNode,
  encodePromptNode,
  imageDatasetNode,
  injectNode,
  loadBackboneNode,
  loadImageNode,
  loadTableNode,
  loadTextEncoderNode,
  loadVaeNode,
  noteNode,
  numberListNode,
  numberNode,
  promptListNode,
  sampleNode,
  saveImageNode,
  saveReportNode,
  saveTableNode,
  seedNode,
  streamSharesNode,
  textListNode,
  textNode,
  trainNode,
  triggerRegistryNode,
  vaeDecodeNode,
  vaeEncodeNode,
];
