import { z } from 'zod';

/** A prompt that is asked about; tables act in a negative one only where they are told to. */
export const askedPromptSchema = z.object({ text: z.string(), negative: z.boolean() });
export type AskedPrompt = z.infer<typeof askedPromptSchema>;
