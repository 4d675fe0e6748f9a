import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { internalError } from '../../../contract/errors.ts';
import { modelSchema } from './schema.ts';
import type { Field, MessageSchema, ModelMessage } from './schema.ts';

/** Encodes a model. Fields are written in schema order, so equal models give equal bytes. */
export function encodeModel(model: ModelMessage): Uint8Array<ArrayBuffer> {
  const writer = new BinaryWriter();
  writeMessage(writer, modelSchema, model);
  return writer.finish();
}

function writeMessage(writer: BinaryWriter, schema: MessageSchema, message: Readonly<Record<string, unknown>>): void {
  for (const [name, field] of Object.entries(schema)) {
    const value = message[name];
    if (value === undefined) continue;
    if (field.repeated !== true) writeField(writer, field, value);
    else if (field.type === 'int64' || field.type === 'float') writePacked(writer, field, value as readonly number[]);
    else for (const item of value as readonly unknown[]) writeField(writer, field, item);
  }
}

function writeField(writer: BinaryWriter, { number, type }: Field, value: unknown): void {
  switch (type) {
    case 'int32':
      writer.tag(number, WireType.Varint).int32(value as number);
      return;
    case 'int64':
      writer.tag(number, WireType.Varint).int64(integer(value as number));
      return;
    case 'float':
      writer.tag(number, WireType.Bit32).float(value as number);
      return;
    case 'string':
      writer.tag(number, WireType.LengthDelimited).string(value as string);
      return;
    case 'bytes':
      writer.tag(number, WireType.LengthDelimited).bytes(value as Uint8Array);
      return;
    default:
      writer.tag(number, WireType.LengthDelimited).fork();
      writeMessage(writer, type, value as Readonly<Record<string, unknown>>);
      writer.join();
  }
}

function writePacked(writer: BinaryWriter, { number, type }: Field, values: readonly number[]): void {
  writer.tag(number, WireType.LengthDelimited).fork();
  for (const value of values) {
    if (type === 'float') writer.float(value);
    else writer.int64(integer(value));
  }
  writer.join();
}

/** A whole number as the writer wants it; beyond 2^53 a number no longer says what it means. */
function integer(value: number): bigint {
  if (!Number.isSafeInteger(value)) throw internalError('onnx.integer', 'ONNX writer', 'an integer field must be a whole number within 2^53', { got: String(value) });
  return BigInt(value);
}
