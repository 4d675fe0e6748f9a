/**
 * `node tools/full-size/make-model.mjs [--dtype F32|F16] [--out FOLDER]`: Stable Diffusion 1.5 at its real size with random weights, as a diffusers
 * folder. 4.3 GB as F32, 2.1 GB as F16; never committed.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT } from '../lib/paths.mjs';
import { makeFullSizeModel } from './full-size-model.mjs';

const { values } = parseArgs({ options: { dtype: { type: 'string', default: 'F32' }, out: { type: 'string' } } });
if (values.dtype !== 'F32' && values.dtype !== 'F16') throw new Error(`--dtype must be F32 or F16, got "${values.dtype}"`);
const folder = values.out ?? join(ROOT, '.cache', 'full-size', `sd15-${values.dtype.toLowerCase()}`);
makeFullSizeModel(ROOT, folder, values.dtype, (line) => process.stderr.write(`${line}\n`));
process.stdout.write(`${folder}\n`);
