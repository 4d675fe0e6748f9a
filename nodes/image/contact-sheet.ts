import { inputError } from '../../src/contract/errors.ts';
import type { MetadataChoice, PictureEncoding } from '../../src/contract/image-metadata.ts';
import type { ContactSheet } from '../services.ts';
import type { ImageBatch, Picture } from '../values.ts';
import { defineNode, manyPort, port } from '../define.ts';
import { metadataParam, pictureText } from './picture-text.ts';

/** Sheets are for looking at closely: every pixel is kept. */
const ENCODING: PictureEncoding = { format: 'png', quality: 100, lossless: true, chroma: '4:4:4' };

/** One row per prompt and seed, one column per linked batch: the n-th picture of every batch stands in row n. Labels hold prompts: without metadata rows have numbers. */
function sheetOf(batches: readonly ImageBatch[], columnLabels: readonly string[], cellSize: number, metadata: MetadataChoice): ContactSheet {
  const count = Math.max(...batches.map((batch) => batch.pictures.length));
  const rows = Array.from({ length: count }, (_, index) => {
    const cells = batches.map((batch): Picture | undefined => batch.pictures[index]);
    return { label: metadata === 'none' ? `${index + 1}` : cells.find((cell) => cell !== undefined)?.label ?? '', cells };
  });
  return { columnLabels: batches.map((_, index) => columnLabels[index] ?? `${index + 1}`), rows, cellSize };
}

export const contactSheetNode = defineNode({
  type: 'ContactSheet',
  version: 2,
  category: 'image',
  title: 'Contact Sheet',
  doc: 'Lays batches side by side, one column each and one row per picture, labelled, and writes the sheet as one PNG.',
  sideEffects: true,
  inputs: { images: manyPort('Image', 'The columns, in order.') },
  params: {
    name: { kind: 'path', target: 'file', access: 'write', default: 'contact-sheet', doc: 'Name of the PNG file below the output folder, without its ending.' },
    columns: { kind: 'text-list', default: [], doc: 'Labels of the columns, in order; numbers where left out.' },
    cellSize: { kind: 'integer', min: 16, max: 2048, default: 192, doc: 'Smallest side of a picture on the sheet, in pixels.' },
    metadata: metadataParam,
  },
  outputs: { sheet: port('Image', 'The sheet.') },
  async run({ inputs, params, context }) {
    const { images, files } = context.services;
    if (inputs.images.every((batch) => batch.pictures.length === 0)) throw inputError('sheet.empty', context.where, 'must get at least one picture');
    const metadata = params.metadata as MetadataChoice;
    const sheet = await images.contactSheet(sheetOf(inputs.images, params.columns, params.cellSize, metadata));
    const { bytes, extension } = await images.encode(sheet, ENCODING, pictureText(sheet, context, metadata));
    const written = await files.write(`${params.name}${extension}`, bytes);
    context.artifact({ kind: 'contact-sheet', ...written, pixels: images.pixelHash(sheet) });
    return { sheet: { pictures: [sheet] } };
  },
});
