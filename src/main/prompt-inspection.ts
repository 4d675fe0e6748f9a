import type { TextStateCache } from '../../nodes/text-states.ts';
import type { InjectedEncoders } from '../../nodes/values.ts';
import { inputError } from '../contract/errors.ts';
import type { AskedPrompt } from '../contract/asked-prompt.ts';
import type { TriggerReport, TriggerStream } from '../contract/studio-api.ts';
import type { TextStates, TextStream } from './backbones/backbone.ts';
import { plainText } from './engram/common-words.ts';
import { explainTokens } from './engram/explain.ts';
import { gateOf } from './engram/injection.ts';
import { createInjector, strengthIn, type Injector } from './engram/injector.ts';
import { norm } from './engram/table-report.ts';

function isEncoders(value: unknown): value is InjectedEncoders {
  return typeof value === 'object' && value !== null && 'encoders' in value && 'attachments' in value;
}

/** L2 norms per position of base states and of what was added: states are [1, T, d]. */
function normsOf(base: Float32Array, changed: Float32Array, width: number): { readonly base: number; readonly added: number }[] {
  return Array.from({ length: base.length / width }, (_, position) => {
    const [from, to] = [position * width, (position + 1) * width];
    const before = base.subarray(from, to);
    const added = changed === base ? 0 : norm(changed.subarray(from, to).map((value, channel) => value - (before[channel] as number)));
    return { base: norm(before), added };
  });
}

/** Tables with rows in a stream: how strongly each acts there. */
function gatesIn(stream: string, attachments: InjectedEncoders['attachments']): TriggerStream['tables'] {
  return attachments.flatMap((attachment, table) => {
    const part = attachment.table.streams.find((one) => one.stream === stream);
    if (part === undefined) return [];
    const sizes = gateOf(part.scale, attachment.table.settings).map(Math.abs);
    return [{ table, rows: part.keys.length, strength: strengthIn(attachment, stream), gateMean: sizes.reduce((sum, size) => sum + size, 0) / sizes.length, gateMax: Math.max(...sizes) }];
  });
}

/** Indices of the tables that have rows in a stream and aren't turned off there. */
function actingIn(stream: string, attachments: InjectedEncoders['attachments']): ReadonlySet<number> {
  return new Set(gatesIn(stream, attachments).flatMap(({ table, strength }) => (strength === 0 ? [] : [table])));
}

interface PromptInStream {
  readonly stream: TextStream;
  readonly prompt: string;
  readonly injected: InjectedEncoders;
  readonly injector: Injector;
  /** Undefined when nothing that acts matches: then nothing has to be computed. */
  readonly states: { readonly base: TextStates; readonly changed: TextStates } | undefined;
}

function explainStream({ stream: { id, tokenizer, width }, prompt, injected, injector, states }: PromptInStream): TriggerStream {
  const encoded = tokenizer.encodePrompt(prompt);
  const acting = actingIn(id, injected.attachments);
  const tables = injected.attachments.map(({ table }, index) => ({ trigger: table.trigger, keys: table.streams.find(({ stream }) => stream === id)?.keys ?? [], acts: acting.has(index) }));
  const explained = explainTokens(id, encoded, tokenizer, tables, injector.match(id, encoded.ids));
  const base = states?.base.streams[id]?.states.data;
  const norms = base === undefined ? undefined : normsOf(base, states?.changed.streams[id]?.states.data ?? base, width);
  const hits = explained.matches.map(({ table, row, start, length, text }) => {
    const part = injected.attachments[table]?.table.streams.find(({ stream }) => stream === id);
    return { table, row, start, length, text, vectorNorm: part === undefined ? 0 : norm(part.vectors.subarray(row * part.width, (row + 1) * part.width)) };
  });
  return {
    stream: id, maxLength: tokenizer.maxLength, hits, tables: gatesIn(id, injected.attachments),
    tokens: explained.tokens.map((token) => {
      const found = norms?.[token.position];
      return { ...token, text: plainText([token.text]), ...(found === undefined ? {} : { addedNorm: found.added, baseNorm: found.base }) };
    }),
    truncated: explained.truncated.map(({ text }) => plainText([text])),
    presence: [...explained.presence],
    contested: explained.contested.map(({ start, length, tables: claims }) => ({ start, length, tables: [...claims] })),
    warnings: explained.warnings.map(({ code, where, rule, got, hint }) => ({ code, where, rule, ...(got === undefined ? {} : { got }), ...(hint === undefined ? {} : { hint }) })),
  };
}

/**
 * What text encoders with their tables do to prompts: tokens, hits, and the norm of what is really added to each position's states.
 * @param value What the port of a node gives.
 * @throws AppError `inspect.no-encoders` when it isn't text encoders.
 */
export async function explainPrompts(value: unknown, prompts: readonly AskedPrompt[], textStates: TextStateCache): Promise<TriggerReport> {
  if (!isEncoders(value)) throw inputError('inspect.no-encoders', 'Trigger inspector', 'must be asked about text encoders');
  const { encoders, attachments } = value;
  const explained = await Promise.all(prompts.map(async ({ text, negative }) => {
    // Those that don't act keep their place: hits name tables by it.
    const acting = attachments.map((attachment) => (negative && !attachment.negative ? { ...attachment, table: { ...attachment.table, streams: [] } } : attachment));
    const injector = createInjector(encoders, acting);
    const fires = encoders.streams.some(({ id, tokenizer }) => {
      const on = actingIn(id, acting);
      return injector.match(id, tokenizer.encodePrompt(text).ids).some(({ table }) => on.has(table));
    });
    const [base] = fires ? await textStates.encode(encoders, [text]) : [];
    const states = base === undefined ? undefined : { base, changed: injector.apply(base) };
    const injected = { encoders, attachments: acting };
    const streams = encoders.streams.map((stream) => explainStream({ stream, prompt: text, injected, injector, states }));
    const acts = encoders.streams.some(({ id }) => actingIn(id, acting).size > 0);
    return { text, negative, streams, silent: acts && !fires };
  }));
  return {
    streams: encoders.streams.map(({ id, site }) => ({ stream: id, site })),
    absent: [...encoders.absent ?? []],
    tables: attachments.map(({ table, strength, negative }) => ({ trigger: table.trigger, strength, negative, family: table.family, rows: table.streams.reduce((sum, { keys }) => sum + keys.length, 0) })),
    prompts: explained,
  };
}
