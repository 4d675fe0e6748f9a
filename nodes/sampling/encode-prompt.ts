import { inputError } from '../../src/contract/errors.ts';
import type { RunContext } from '../../src/contract/node.ts';
import type { TextStates, TextStream } from '../../src/main/backbones/backbone.ts';
import { plainText } from '../../src/main/engram/common-words.ts';
import { createInjector } from '../../src/main/engram/injector.ts';
import { defineNode, optionalPort, port } from '../define.ts';
import type { InjectedEncoders } from '../values.ts';

/** Says which prompts are cut: what a text encoder doesn't see can't act. */
function warnTruncated(streams: readonly TextStream[], prompts: readonly string[], context: RunContext): void {
  for (const { id, tokenizer } of streams) {
    for (const prompt of prompts) {
      const { truncated } = tokenizer.encodePrompt(prompt);
      if (truncated.length === 0) continue;
      const lost = plainText(truncated.map((token) => tokenizer.tokenText(token)));
      context.warn(inputError('prompt.truncated', `${context.where}, stream ${id}`, `a prompt must fit into ${tokenizer.maxLength} tokens`, { got: `${truncated.length} tokens more`, hint: `Not seen: "${lost.slice(0, 200)}".` }).data);
    }
  }
}

/** Base states with the tables added where their keys match. */
function inject({ encoders, attachments }: InjectedEncoders, states: readonly TextStates[], negative: boolean): TextStates[] {
  const injector = createInjector(encoders, attachments.filter((attachment) => !negative || attachment.negative));
  return states.map((entry) => injector.apply(entry));
}

export const encodePromptNode = defineNode({
  type: 'EncodePrompt',
  version: 1,
  category: 'sampling',
  title: 'Encode Prompt',
  doc: 'Turns prompts into the text states that the denoiser takes, with the attached tables acting on the tokens that they match and nowhere else.',
  usesDevice: true,
  inputs: {
    textEncoders: port('TextEncoders', 'Encoders, with or without tables.'),
    promptList: optionalPort('Prompts', 'Prompts to use instead of those written here, so that several nodes share one list.'),
  },
  params: {
    prompts: { kind: 'text-list', default: [''], doc: 'One image (per seed) for each prompt.' },
    negativePrompt: { kind: 'text', multiline: true, negative: true, default: '', doc: 'What images should not show; used with guidance.' },
  },
  outputs: {
    positive: port('Conditioning', 'States of the prompts.'),
    negative: port('Conditioning', 'States of the negative prompt.'),
  },
  async run({ inputs, params, context }) {
    const prompts = inputs.promptList ?? params.prompts;
    if (prompts.length === 0) throw inputError('prompt.none', context.where, 'prompts must hold at least one prompt', { port: 'prompts' });
    const { encoders } = inputs.textEncoders;
    warnTruncated(encoders.streams, [...prompts, params.negativePrompt], context);
    // All at once, so that an encoder too large to be kept is loaded once.
    const states = await context.services.textStates.encode(encoders, [...prompts, params.negativePrompt]);
    return {
      positive: { entries: inject(inputs.textEncoders, states.slice(0, -1), false) },
      negative: { entries: inject(inputs.textEncoders, states.slice(-1), true) },
    };
  },
});
