import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodeDefinitions } from '../../nodes/index.ts';
import { NodeRegistry } from '../../src/main/runtime/node-registry.ts';
import { ROOT } from '../../tools/lib/paths.mjs';

describe('the list of nodes', () => {
  it('holds sound definitions, each once', () => {
    expect(new NodeRegistry(nodeDefinitions).catalogue()).toHaveLength(nodeDefinitions.length);
  });

  it('holds those that the program promises', () => {
    expect(nodeDefinitions.map(({ title }) => title)).toEqual(expect.arrayContaining([
      'Load Backbone', 'Load VAE', 'Load Text Encoder', 'Trigger Registry', 'Concept Table', 'Load Table', 'Save Table', 'Image Dataset', 'Train', 'Inject', 'Encode Prompt', 'Empty Latent', 'Sample',
      'VAE Encode', 'VAE Decode', 'Load Image', 'Save Image', 'Compare Images', 'Contact Sheet', 'Note',
    ]));
  });

  it('has a file of its own for each, named after it', () => {
    const files = readdirSync(join(ROOT, 'nodes'), { recursive: true, encoding: 'utf8' });
    for (const { title } of nodeDefinitions) expect(files.some((path) => path.replaceAll('\\', '/').endsWith(`/${title.toLowerCase().replaceAll(' ', '-')}.ts`)), title).toBe(true);
  });

  it('draws no random numbers without a seed: what a device computes says so', () => {
    for (const { type, inputs, outputs, usesDevice } of nodeDefinitions) {
      const computes = Object.values(outputs).some((port) => port.type === 'Conditioning' || (port.type === 'Latents' && 'positive' in inputs));
      if (computes) expect(usesDevice, type).toBe(true);
    }
  });
});
