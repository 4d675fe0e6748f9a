import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { inputError } from '../../../contract/errors.ts';

/** Attribute -> value: what a prompt asks of a picture, or what an identity is. */
const valuesSchema = z.record(z.string(), z.string());
export type Values = z.infer<typeof valuesSchema>;

const promptSchema = z.object({ text: z.string().min(1), asks: valuesSchema });

const identitySchema = z.object({
  name: z.string().regex(/^[a-z][a-z0-9-]*$/), trigger: z.string().min(1),
  /** The figure, by attribute; `mark` is told by no word of any caption. */
  attributes: valuesSchema,
  prompts: z.array(promptSchema).min(1),
});
export type Identity = z.infer<typeof identitySchema>;

const pairSchema = z.object({ left: z.string(), right: z.string(), prompts: z.array(promptSchema).min(1) });
export type IdentityPair = z.infer<typeof pairSchema>;

const identitiesSchema = z.object({
  version: z.literal(1), size: z.int().positive(),
  /** How often each value of an attribute occurs among drawings of anybody. */
  chance: z.record(z.string(), z.record(z.string(), z.number())),
  identities: z.array(identitySchema).min(1), pairs: z.array(pairSchema),
  /** Prompts without any trigger. */
  controls: z.array(z.string()).min(1),
  /** Prompts with one word of a trigger. */
  singleWords: z.array(z.string()),
});
export type IdentityData = z.infer<typeof identitiesSchema>;

const captionSchema = z.object({ text: z.string().min(1), figures: z.array(valuesSchema).min(1).max(2), scene: valuesSchema });
/** A held-out caption with what it asks for: of each figure, the left one first, and of the scene. */
export type HeldOutCaption = z.infer<typeof captionSchema>;
const adherenceSchema = z.object({ version: z.literal(1), captions: z.array(captionSchema).min(1) });

async function readData<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  let json: unknown;
  try {
    json = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw inputError('benchmark.data', path, 'must be a readable JSON file', { got: (error as Error).message, path });
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw inputError('benchmark.data', path, 'must hold a benchmark\'s data', { got: z.prettifyError(parsed.error).split('\n')[0] ?? '', path });
}

/** The identities of a benchmark's folder. @throws AppError `benchmark.data` naming the file. */
export function readIdentities(folder: string): Promise<IdentityData> {
  return readData(join(folder, 'identities.json'), identitiesSchema);
}

/** The held-out captions of a benchmark's folder. @throws AppError `benchmark.data` naming the file. */
export async function readHeldOutCaptions(folder: string): Promise<readonly HeldOutCaption[]> {
  return (await readData(join(folder, 'adherence.json'), adherenceSchema)).captions;
}

/** The identities of these names, or all. @throws AppError `benchmark.identity` for a name that the data don't hold. */
export function chooseIdentities({ identities }: IdentityData, names: readonly string[] | undefined): readonly Identity[] {
  if (names === undefined) return identities;
  return names.map((name) => {
    const found = identities.find((identity) => identity.name === name);
    if (found === undefined) throw inputError('benchmark.identity', '--identities', `must name identities of the benchmark: ${identities.map((identity) => identity.name).join(', ')}`, { got: name });
    return found;
  });
}
