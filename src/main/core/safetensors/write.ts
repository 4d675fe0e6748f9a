import { inputError } from '../../../contract/errors.ts';
import { elementCount, type Tensor } from '../ir/tensor.ts';
import { printable } from '../printable.ts';
import { storedTypeOf } from './dtypes.ts';
import { LENGTH_BYTES, MAX_HEADER_BYTES, METADATA_KEY, isWellFormed, nameFault } from './header.ts';

/** A tensor to write. */
export interface NamedTensor extends Tensor {
  readonly name: string;
}

/**
 * A safetensors file, the same bytes for the same content whatever the order of the arguments. Tensors stand in the reference
 * implementation's order: by type (I64, F64, F32, I32, BF16, F16, I16, I8, U8, BOOL: so every one is aligned to its own size), then by
 * name in code point order. Metadata keys are in code point order (the reference leaves theirs to chance), and come first; the
 * header is padded with spaces to a multiple of 8 bytes.
 * @throws AppError for a name that is used twice or not allowed, data that don't fit the shape, and a header above 100 MB.
 */
export function writeSafetensors(tensors: readonly NamedTensor[], metadata: Readonly<Record<string, string>>): Uint8Array {
  checkNames(tensors, metadata);
  const sorted = [...tensors].sort((a, b) => storedTypeOf(b.dtype).rank - storedTypeOf(a.dtype).rank || compareCodePoints(a.name, b.name));
  const parts: string[] = [];
  const metadataText = textOfMetadata(metadata);
  if (metadataText !== undefined) parts.push(metadataText);
  let end = 0;
  for (const tensor of sorted) {
    const begin = end;
    end += byteLengthOf(tensor);
    // Put together by hand: an object would move keys that look like integers to the front.
    const entry = { dtype: storedTypeOf(tensor.dtype).stored, shape: tensor.shape, data_offsets: [begin, end] };
    parts.push(`${JSON.stringify(tensor.name)}:${JSON.stringify(entry)}`);
  }
  const header = new TextEncoder().encode(`{${parts.join(',')}}`);
  const padded = Math.ceil(header.length / 8) * 8;
  if (padded > MAX_HEADER_BYTES) {
    throw inputError('safetensors.header-length', 'safetensors file', `names, shapes and metadata must take at most ${MAX_HEADER_BYTES} bytes`, { got: String(padded) });
  }
  return joinFile(header, padded, sorted, end);
}

function joinFile(header: Uint8Array, padded: number, tensors: readonly NamedTensor[], dataLength: number): Uint8Array {
  const dataStart = LENGTH_BYTES + padded;
  const file = new Uint8Array(dataStart + dataLength);
  new DataView(file.buffer).setBigUint64(0, BigInt(padded), true);
  file.set(header, LENGTH_BYTES);
  file.fill(0x20, LENGTH_BYTES + header.length, dataStart);
  let position = dataStart;
  for (const { data } of tensors) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), position);
    position += data.byteLength;
  }
  return file;
}

function byteLengthOf({ name, dtype, shape, data }: NamedTensor): number {
  const { size } = storedTypeOf(dtype);
  if (data.BYTES_PER_ELEMENT !== size || data.length !== elementCount(shape)) {
    const rule = `data of ${dtype} [${shape.join(', ')}] must be ${elementCount(shape)} elements of ${size} bytes`;
    throw inputError('safetensors.size', `tensor ${printable(name)}`, rule, { got: `${data.length} elements of ${data.BYTES_PER_ELEMENT} bytes` });
  }
  return data.byteLength;
}

function textOfMetadata(metadata: Readonly<Record<string, string>>): string | undefined {
  const keys = Object.keys(metadata).sort(compareCodePoints);
  if (keys.length === 0) return undefined;
  const pairs = keys.map((key) => `${JSON.stringify(key)}:${JSON.stringify(metadata[key])}`);
  return `${JSON.stringify(METADATA_KEY)}:{${pairs.join(',')}}`;
}

function checkNames(tensors: readonly NamedTensor[], metadata: Readonly<Record<string, string>>): void {
  const seen = new Set<string>();
  for (const { name } of tensors) {
    const taken = seen.has(name) ? 'must be unique' : undefined;
    const wrong = nameFault(name) ?? taken ?? (name === METADATA_KEY ? 'must not be the key of the metadata' : undefined);
    if (wrong !== undefined) throw inputError('safetensors.name', 'safetensors file', `a tensor's name ${wrong}`, { got: printable(name) });
    seen.add(name);
  }
  for (const [key, value] of Object.entries(metadata)) {
    const wrong = nameFault(key) ?? (isWellFormed(value) ? undefined : 'must have a value of well-formed Unicode');
    if (wrong !== undefined) throw inputError('safetensors.name', 'safetensors file', `a metadata key ${wrong}`, { got: printable(key) });
  }
}

/** The order of UTF-8 bytes, which is that of code points. JavaScript's own order of UTF-16 units differs above U+FFFF. */
function compareCodePoints(a: string, b: string): number {
  const left = [...a];
  const right = [...b];
  const shared = Math.min(left.length, right.length);
  for (let index = 0; index < shared; index += 1) {
    const difference = left[index]!.codePointAt(0)! - right[index]!.codePointAt(0)!;
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
