import type { GraphBuilder } from '../core/ir/builder.ts';
import type { FloatTensor, Tensor } from '../core/ir/tensor.ts';
import type { Value } from '../core/ir/types.ts';
import type { SafetensorsIndex } from '../core/safetensors/header.ts';
import type { SessionProvider, SessionRequest } from '../core/session.ts';
import type { Tokenizer } from '../core/tokenizers/tokenizer.ts';

/** Read access to one model folder. Paths are relative, with forward slashes; a path that leaves the folder is an AppError. */
export interface ModelFolder {
  /** What to call the folder in messages. */
  readonly label: string;
  /** SHA-256 over names and contents of the files below `under` ('' for the whole folder): part of content keys and provenance. */
  fingerprint(under: string): Promise<string>;
  has(path: string): Promise<boolean>;
  readText(path: string): Promise<string>;
  /** The bytes of a small file (a tokenizer's model); weights are never read so. */
  readBytes(path: string): Promise<Uint8Array>;
  /** @throws AppError naming the file when it isn't JSON. */
  readJson(path: string): Promise<unknown>;
  /** The checked header of a safetensors file, with the opaque name that `ExternalData.file` wants. */
  weights(path: string): Promise<{ readonly file: string; readonly index: SafetensorsIndex }>;
}

/** How a table acts by default on this family (paper 2.5; reference-facts "Injection"). */
export interface InjectionSettings {
  readonly rule: 'absolute' | 'relative-norm';
  readonly tanh: boolean;
  readonly overlap: 'sum' | 'mean';
}

/** One text encoder of a backbone and the place where its states may be edited. */
export interface TextStream {
  /** Stable id, the prefix of the keys in a table file: `clip_l`. */
  readonly id: string;
  /** Width d of the states [B, T, d]. */
  readonly width: number;
  readonly tokenizer: Tokenizer;
  /** Where a table is added, in words, for people. */
  readonly site: string;
}

/** What the frozen encoders make of one prompt: every stream's base states, before any injection. */
export interface TextStates {
  readonly prompt: string;
  readonly streams: Readonly<Record<string, { readonly ids: readonly number[]; readonly textStart: number; readonly textEnd: number; readonly states: FloatTensor /* [1, T, d] */ }>>;
  /** What else the denoiser takes from the text and no table edits, by denoiser input name (pooled projections). */
  readonly extras: Readonly<Record<string, FloatTensor>>;
}

export interface TextEncoders {
  readonly family: string;
  readonly fingerprint: string;
  readonly label: string;
  readonly streams: readonly TextStream[];
  /** Ids of streams of the family that were left out or are not in the folder: what a table holds for them has nothing to act on. None where left out. */
  readonly absent?: readonly string[];
  readonly injection: InjectionSettings;
  /** Base states of prompts, encoded one by one so that a prompt's states never depend on its neighbours. */
  encode(sessions: SessionProvider, prompts: readonly string[]): Promise<TextStates[]>;
}

/** Sizes that a denoiser graph is built for; height and width are those of the latents. */
export interface DenoiserShape {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
}

/** A denoiser inside a graph under construction. All values are float32. */
export interface DenoiserValues {
  /** [B, C, h, w], graph input `latents`. */
  readonly latents: Value;
  /** [B], graph input `timestep`; fractional times are allowed. */
  readonly timestep: Value;
  /** Per stream id [B, T, d], graph input `states.<id>`: the targets of training's gradient. */
  readonly states: Readonly<Record<string, Value>>;
  /** Per extra input name, graph input of that name. */
  readonly extras: Readonly<Record<string, Value>>;
  /** [B, C, h, w]: noise, velocity or sample, as the scheduler's prediction type says. */
  readonly prediction: Value;
}

/** How a model is loaded, where a person chooses. */
export interface LoadOptions {
  /** Sessions that the denoiser is cut into, each loaded and released in turn: less memory, more time. 1 when left out. */
  readonly segments?: number;
  /** Ids of text streams to leave out, for models that can do without. */
  readonly leaveOut?: readonly string[];
}

export interface Denoiser {
  readonly family: string;
  readonly fingerprint: string;
  /** Sessions that its graphs are cut into; one where left out. */
  readonly segments?: number;
  /** What it takes from the text, by graph input name (`states.<stream>`, extras): the shape of one prompt's, [1, ...]. */
  readonly textInputs: Readonly<Record<string, readonly number[]>>;
  /** Sides of latents that it takes: multiples of a number, up to another one where there is a limit. Any side where left out. */
  readonly latentSides?: { readonly multipleOf: number; readonly atMost?: number };
  /** Tokens that latents of a size are cut into, for schedulers whose shift depends on it; left out where the denoiser doesn't cut them. */
  imageTokens?(height: number, width: number): number;
  /** Adds inputs and body to a builder, so that a caller can put a loss on top. */
  build(builder: GraphBuilder, shape: DenoiserShape): DenoiserValues;
  /** The plain forward graph, output `prediction`. */
  plan(shape: DenoiserShape): SessionRequest;
}

export interface Vae {
  readonly family: string;
  readonly fingerprint: string;
  readonly label: string;
  readonly latentChannels: number;
  /** Pixels per latent in each direction. */
  readonly factor: number;
  /** Model latents = (z - shift) * scaling. */
  readonly scaling: number;
  readonly shift: number;
  /** Input `image` [B, 3, H, W] in -1..1; outputs `mean` and `logvar` [B, C, h, w] (logvar clamped to -30..20). Sizes are those of the image. */
  encoderPlan(shape: { batch: number; height: number; width: number }): SessionRequest;
  /** Input `latents` [B, C, h, w] (unscaled z); output `image` [B, 3, H, W]. Sizes are those of the latents. */
  decoderPlan(shape: { batch: number; height: number; width: number }): SessionRequest;
}

/** A frozen generator: parts that can also be loaded alone, and what the rest of the program needs to know of the family. */
export interface Backbone {
  readonly family: string;
  readonly label: string;
  readonly textEncoders: TextEncoders;
  readonly denoiser: Denoiser;
  readonly vae: Vae;
  /** The folder's scheduler_config.json. */
  readonly schedulerConfig: Readonly<Record<string, unknown>>;
  /** Id of the training objective (src/main/diffusion/objectives). */
  readonly objective: string;
  /** Image size that the model was made for. */
  readonly defaultSize: { readonly width: number; readonly height: number };
}

/** What a folder may be loaded as. */
export type BackbonePart = 'backbone' | 'text encoders' | 'vae';

/** One family of generators: one folder under src/main/backbones and one entry of its list. */
export interface BackboneFamily {
  readonly id: string;
  readonly title: string;
  /** The class names in `model_index.json` that the family answers to, for messages. */
  readonly pipelines: readonly string[];
  /** True when the folder's own files say that it holds this part of this family, as a whole model or alone. Never guesses from the names of folders. */
  detect(folder: ModelFolder, part: BackbonePart): Promise<boolean>;
  /** @throws AppError also for a stream that can't be left out. */
  load(folder: ModelFolder, options?: LoadOptions): Promise<Backbone>;
  loadTextEncoders(folder: ModelFolder, options?: LoadOptions): Promise<TextEncoders>;
  loadVae(folder: ModelFolder): Promise<Vae>;
}

export type Feeds = Readonly<Record<string, Tensor>>;
