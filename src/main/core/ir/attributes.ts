import { internalError } from '../../../contract/errors.ts';
import type { Attributes } from './types.ts';

/** Reads an INT attribute; `fallback` stands for an absent one. Throws when it has another type. */
export function integerAttribute(attributes: Attributes, name: string, fallback: number): number {
  const value = attributes[name] ?? fallback;
  if (typeof value !== 'number') throw wrongType(name, 'an integer');
  return value;
}

/** Reads an INTS attribute; `fallback` stands for an absent one. Throws when it has another type. */
export function integersAttribute(attributes: Attributes, name: string, fallback: readonly number[]): readonly number[] {
  const value = attributes[name] ?? fallback;
  if (typeof value !== 'object' || 'float' in value || 'floats' in value) throw wrongType(name, 'a list of integers');
  return value;
}

/** Reads a FLOAT attribute; `fallback` stands for an absent one. Throws when it has another type. */
export function floatAttribute(attributes: Attributes, name: string, fallback: number): number {
  const value = attributes[name] ?? { float: fallback };
  if (typeof value !== 'object' || !('float' in value)) throw wrongType(name, 'a float');
  return value.float;
}

/** Reads a STRING attribute; `fallback` stands for an absent one. Throws when it has another type. */
export function stringAttribute(attributes: Attributes, name: string, fallback: string): string {
  const value = attributes[name] ?? fallback;
  if (typeof value !== 'string') throw wrongType(name, 'a string');
  return value;
}

function wrongType(name: string, wanted: string): Error {
  return internalError('ir.attribute-type', `Attribute "${name}"`, `must be ${wanted}`);
}
