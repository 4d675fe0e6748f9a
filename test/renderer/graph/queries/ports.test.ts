import { describe, expect, it } from 'vitest';
import { linkFault, portVerdicts } from '../../../../src/renderer/graph/queries/ports.ts';
import { paletteCandidates } from '../../../../src/renderer/graph/queries/palette.ts';
import { downstreamOf, upstreamOf } from '../../../../src/renderer/graph/queries/reach.ts';
import { end, shippedGraph, TestEditor } from '../../../support/graph-bench.ts';

const { view } = new TestEditor(shippedGraph('render'));

describe('portVerdicts', () => {
  it('says of every port of the other side whether it fits, and why not', () => {
    const verdicts = portVerdicts(view, { ...end('latent.latents'), side: 'output' });
    expect(verdicts.filter(({ fault }) => fault === undefined).map(({ node, port }) => `${node}.${port}`)).toEqual(['sample.latents', 'decode.latents']);
    expect(verdicts.find(({ node, port }) => node === 'save' && port === 'image')?.fault).toMatchObject({
      code: 'edit.link-type', where: 'SaveImage "save"', rule: 'input "image" takes Image', got: 'Latents from output "latents" of EmptyLatent "latent"',
    });
  });

  it('knows loops from both ends', () => {
    const codes = (side: 'input' | 'output', port: string): (string | undefined)[] => portVerdicts(view, { ...end(port), side }).filter(({ node }) => node === 'sample').map(({ fault }) => fault?.code);
    expect(codes('input', 'sample.latents')).toEqual(['edit.cycle']);
    expect(new Set(codes('output', 'sample.latents'))).toEqual(new Set(['edit.link-type', 'edit.cycle']));
  });

  it('agrees with linkFault on every pair of ports', () => {
    for (const id of Object.keys(view.nodes)) {
      for (const port of Object.keys(view.schema(id)?.outputs ?? {})) {
        for (const verdict of portVerdicts(view, { node: id, port, side: 'output' })) expect(verdict.fault).toEqual(linkFault(view, { node: id, port }, verdict));
      }
    }
  });
});

describe('paletteCandidates', () => {
  it('lists what a dragged port can be linked to, required inputs first, most used types first', () => {
    const types = paletteCandidates(view, { ...end('decode.image'), side: 'output' }, new Map([['SaveImage', 3]])).map(({ schema, port }) => `${schema.type}.${port ?? ''}`);
    expect(types).toEqual(['SaveImage.image', 'CompareImages.a', 'ContactSheet.images', 'VAEEncode.image']);
    expect(paletteCandidates(view, { ...end('save.image'), side: 'input' }).map(({ schema }) => schema.type)).toContain('VAEDecode');
    expect(paletteCandidates(view)).toHaveLength(view.catalogue.schemas.length);
  });
});

describe('reach', () => {
  it('follows links both ways', () => {
    expect([...upstreamOf(view, ['sample'])].sort()).toEqual(['backbone', 'latent', 'prompts', 'sample']);
    expect([...downstreamOf(view, ['sample'])].sort()).toEqual(['decode', 'sample', 'save']);
    expect([...downstreamOf(view, ['nobody', 'constructor'])]).toEqual([]);
  });
});
