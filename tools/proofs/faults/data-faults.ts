import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { encodeTable, TABLE_EXTENSION } from '../../../src/main/engram/table-file.ts';
import type { ConceptTable } from '../../../src/main/engram/table.ts';
import { RENDER, tableNodes, TRAIN, TRIGGER, writeGraphFile, writePictures, type Fault, type Nodes, type Scene } from './scene.ts';

const GOOD_CAPTION = `a photo of ${TRIGGER}`;

/** A fault of the dataset, met when training. */
function dataFault(name: string, code: string, says: RegExp, prepare: (scene: Scene) => Promise<void>): Fault {
  return {
    name, code, says, exit: 2,
    async prepare(scene) {
      await writePictures(scene, GOOD_CAPTION);
      await prepare(scene);
      return [await writeGraphFile(scene, TRAIN)];
    },
  };
}

const picture = (scene: Scene, name = '01.png'): string => join(scene.folder, 'pictures', name);

/** A PNG that says it has 60,000 x 60,000 pixels, in a few bytes: 10 GB once unpacked. */
function bomb(): Buffer {
  const chunk = (kind: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(kind, 'latin1'), data]);
    const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    check.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, check]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(60_000, 0);
  header.writeUInt32BE(60_000, 4);
  header.set([8, 2], 8);
  return Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), chunk('IHDR', header), chunk('IDAT', deflateSync(Buffer.alloc(1000))), chunk('IEND', Buffer.alloc(0))]);
}

function crc32(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb8_8320 : 0);
  }
  return (crc ^ 0xffff_ffff) >>> 0;
}

/** A table that a file may hold, for a model that isn't the scene's. */
function strangeTable(family: string, width: number): ConceptTable {
  const keys = [[700, 701], [701, 702]];
  return {
    trigger: 'strange', maxN: 7, family, provenance: {}, settings: { rule: 'absolute', tanh: false, overlap: 'sum' },
    streams: [{ stream: 'clip_l', tokenizerHash: 'a'.repeat(64), width, keys, vectors: new Float32Array(keys.length * width), scale: new Float32Array(width).fill(1) }],
  };
}

/** Renders with a table read from `strange`. */
const WITH_TABLE: Nodes = {
  ...RENDER,
  table: { type: 'LoadTable', params: { file: `strange${TABLE_EXTENSION}` } },
  inject: { type: 'Inject', inputs: { textEncoders: { node: 'backbone', port: 'textEncoders' }, tables: [{ node: 'table', port: 'table' }] } },
  prompts: { type: 'EncodePrompt', params: { prompts: ['a robot'] }, inputs: { textEncoders: { node: 'inject', port: 'textEncoders' } } },
};

function tableFault(name: string, code: string, says: RegExp, bytes: Uint8Array | string): Fault {
  return {
    name, code, says, exit: 2,
    async prepare(scene) {
      await writeFile(join(scene.folder, `strange${TABLE_EXTENSION}`), bytes);
      return [await writeGraphFile(scene, WITH_TABLE)];
    },
  };
}

/** A run that a warning must come with. */
function warning(name: string, says: RegExp, nodes: Nodes, caption = GOOD_CAPTION): Fault {
  return {
    name, says, exit: 0,
    async prepare(scene) {
      await writePictures(scene, caption);
      return [await writeGraphFile(scene, nodes)];
    },
  };
}

/** Faults of datasets, triggers and tables. */
export const DATA_FAULTS: readonly Fault[] = [
  dataFault('dataset-empty', 'dataset.empty', /must hold at least one picture/, (scene) => rm(picture(scene))),
  dataFault('dataset-missing', 'files.missing', /must exist/, (scene) => rm(join(scene.folder, 'pictures'), { recursive: true })),
  dataFault('dataset-is-a-file', 'dataset.not-a-folder', /must be a folder of pictures/, async (scene) => {
    await rm(join(scene.folder, 'pictures'), { recursive: true });
    await writeFile(join(scene.folder, 'pictures'), 'no folder');
  }),
  dataFault('dataset-metadata-not-json', 'dataset.not-json', /metadata\.json/, (scene) => writeFile(picture(scene, 'metadata.json'), '{ no json')),
  dataFault('dataset-caption-not-text', 'dataset.encoding', /UTF-8/, (scene) => writeFile(picture(scene, '01.txt'), Uint8Array.of(0xff, 0xfe, 0x80))),
  dataFault('image-that-is-none', 'image.unreadable', /02\.png.*must be an undamaged picture/, (scene) => writeFile(picture(scene, '02.png'), 'I am no picture')),
  dataFault('image-of-too-many-pixels', 'image.unreadable', /02\.png.*pixels/, (scene) => writeFile(picture(scene, '02.png'), bomb())),
  dataFault('image-is-an-svg', 'image.unreadable', /02\.png/, (scene) => writeFile(picture(scene, '02.png'), '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="file:///etc/passwd"/></svg>')),
  dataFault('no-caption-with-the-trigger', 'train.no-trigger', /some caption must hold the trigger/, (scene) => writeFile(picture(scene, '01.txt'), 'a photo of a cat')),
  {
    name: 'trigger-of-nothing', code: 'registry.empty-trigger', says: /trigger/, exit: 2,
    prepare: async (scene) => [await writeGraphFile(scene, tableNodes(' \t '))],
  },
  tableFault('table-of-another-family', 'table.family', /the table is for the family "sd35"/, encodeTable(strangeTable('sd35', 24))),
  tableFault('table-of-another-width', 'table.width', /vectors of width 768/, encodeTable(strangeTable('sd15', 768))),
  tableFault('table-of-another-tokenizer', 'table.tokenizer', /was made with the tokenizer/, encodeTable(strangeTable('sd15', 24))),
  tableFault('table-that-is-none', 'safetensors.header-length', /strange/, 'this is no table, whatever its name says'),
  warning('caption-without-the-trigger', /warning: .*the caption should hold the (whole )?trigger/, TRAIN, 'Vortex-9 in a garden'),
  warning('trigger-of-one-token', /warning: .*one token alone is the whole address/, tableNodes('a')),
  {
    name: 'picture-prompt-too-long', says: /warning: .*a prompt must fit into 77 tokens/, exit: 0,
    prepare: async (scene) => [await writeGraphFile(scene, { ...RENDER, prompts: { type: 'EncodePrompt', params: { prompts: ['robot '.repeat(200)] }, inputs: { textEncoders: { node: 'backbone', port: 'textEncoders' } } } })],
  },
];

/** Begins a shell that may mount, without rights outside of it. */
const MOUNTING = 'exec unshare --user --map-root-user --mount sh -c';

/** Runs the program where the output folder is a disk of 8 KiB that holds what the folder held; its contents afterwards go to $SEEN_FOLDER. */
const SMALL_DISK = `cp -r "$OUT_FOLDER" "$SEEN_FOLDER"; ${MOUNTING} '
  mount -t tmpfs -o size=8k tmpfs "$OUT_FOLDER" && cp -r "$SEEN_FOLDER/." "$OUT_FOLDER" && rm -r "$SEEN_FOLDER" || exit 99
  "$@"; code=$?
  cp -r "$OUT_FOLDER" "$SEEN_FOLDER"; exit $code' sh "$@"`;

/** Runs the program where the output folder is mounted read-only. */
const READ_ONLY = `${MOUNTING} '
  mount --bind "$OUT_FOLDER" "$OUT_FOLDER" && mount -o remount,ro,bind "$OUT_FOLDER" || exit 99
  exec "$@"' sh "$@"`;

/** Saves a table of twelve kilobytes over one that is there. */
async function prepareSaving(scene: Scene): Promise<string[]> {
  await writeFile(join(scene.out, `concept${TABLE_EXTENSION}`), 'an older table');
  return [await writeGraphFile(scene, tableNodes(`${TRIGGER} ${TRIGGER} ${TRIGGER}`))];
}

/** Faults of the place where results go. */
export const DISK_FAULTS: readonly Fault[] = [
  { name: 'disk-full-while-saving', code: 'files.write', says: /ENOSPC.*Free some space/, exit: 1, within: SMALL_DISK, prepare: prepareSaving },
  { name: 'folder-read-only', code: 'files.write', says: /EROFS.*read-only/, exit: 1, within: READ_ONLY, prepare: prepareSaving },
  {
    name: 'output-folder-is-a-file', code: 'files.write', says: /out.*must be writable/, exit: 1,
    async prepare(scene) {
      await rm(scene.out, { recursive: true });
      await writeFile(scene.out, 'no folder');
      return [await writeGraphFile(scene, tableNodes())];
    },
  },
  {
    name: 'folder-where-the-file-goes', code: 'files.write', says: /must be writable/, exit: 1,
    async prepare(scene) {
      await mkdir(join(scene.out, `concept${TABLE_EXTENSION}`));
      return [await writeGraphFile(scene, tableNodes())];
    },
  },
];
