import type { Backbone, TextEncoders, TextStates, Vae } from '../src/main/backbones/backbone.ts';
import type { Registry } from '../src/main/engram/registry.ts';
import type { ConceptTable } from '../src/main/engram/table.ts';

/** A concept table hung onto text encoders. */
export interface Attachment {
  readonly table: ConceptTable;
  /** Factor on the table's whole delta; 0 leaves the base. */
  readonly strength: number;
  /** Factor per text stream, on top of the strength; 1 where a stream isn't named. */
  readonly streamStrengths?: Readonly<Record<string, number>>;
  /** Whether the table acts in negative prompts too. */
  readonly negative: boolean;
}

/** Frozen text encoders and the tables that act on what they say. */
export interface InjectedEncoders {
  readonly encoders: TextEncoders;
  readonly attachments: readonly Attachment[];
}

/** Text states of a list of prompts, after injection. */
export interface Conditioning {
  readonly entries: readonly TextStates[];
}

/** A list of latents of one size. Without data they are noise to be drawn from the seed. */
export interface LatentBatch {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** How the items meet prompts: `zip` is the n-th with the n-th; every one with every prompt when left out. */
  readonly pairing?: 'zip';
  readonly items: readonly {
    readonly label: string;
    readonly prompt: string;
    readonly seed: number;
    /** Model latents (z - shift) * scaling, [C, h, w]; undefined for noise that is still to be drawn. */
    readonly data: Float32Array | undefined;
  }[];
}

/** One RGB picture: 8 bits, row by row. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** [H, W, 3] */
  readonly pixels: Uint8Array;
  readonly label: string;
  readonly prompt: string;
  readonly seed: number | undefined;
}

export interface ImageBatch {
  readonly pictures: readonly Picture[];
}

/** Reference images with captions, as read from a folder. */
export interface Dataset {
  readonly label: string;
  readonly items: readonly { readonly name: string; readonly caption: string; readonly picture: Picture }[];
}

/** What was found, as data. */
export interface Report {
  readonly title: string;
  readonly facts: Readonly<Record<string, string | number | boolean>>;
  readonly lines: readonly string[];
}

/** The TypeScript type of each port type's values. */
export interface PortValues {
  Backbone: Backbone;
  TextEncoders: InjectedEncoders;
  VAE: Vae;
  Registry: Registry;
  Table: ConceptTable;
  Prompts: readonly string[];
  Conditioning: Conditioning;
  Latents: LatentBatch;
  Image: ImageBatch;
  Dataset: Dataset;
  Report: Report;
  Number: number;
  Text: string;
  Boolean: boolean;
  Texts: readonly string[];
  Numbers: readonly number[];
}
