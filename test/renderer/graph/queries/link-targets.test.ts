import { describe, expect, it } from 'vitest';
import { joinPorts, linkTargets, ownPorts } from '../../../../src/renderer/graph/queries/link-targets.ts';
import { end, shippedGraph, TestEditor } from '../../../support/graph-bench.ts';

const { view } = new TestEditor(shippedGraph('render'));

describe('ports to choose from', () => {
  it('are all of a node: outputs, inputs, and every param', () => {
    const ports = ownPorts(view, 'sample');
    expect(ports.map(({ side, port, isParam }) => `${isParam ? 'param' : side} ${port}`)).toEqual([
      ...Object.keys(view.schema('sample')?.outputs ?? {}).map((name) => `output ${name}`), ...Object.keys(view.schema('sample')?.inputs ?? {}).map((name) => `input ${name}`),
      ...Object.keys(view.schema('sample')?.params ?? {}).map((name) => `param ${name}`),
    ]);
    expect(ownPorts(view, 'nobody')).toEqual([]);
  });

  it('offer the ports of their type, without the link that is there', () => {
    const targets = linkTargets(view, { ...end('latent.latents'), side: 'output' });
    expect(targets.map(({ node, port, replaces }) => [`${node}.${port}`, replaces?.node])).toEqual([['decode.latents', 'sample']]);
    const inputs = linkTargets(view, { ...end('decode.latents'), side: 'input' });
    expect(inputs.map(({ node, port }) => `${node}.${port}`)).toEqual(['latent.latents']);
  });

  it('put what can\'t be linked last, with the reason', () => {
    const targets = linkTargets(view, { ...end('sample.latents'), side: 'output' });
    expect(targets.map(({ node, port, fault }) => [`${node}.${port}`, fault?.code])).toEqual([['sample.latents', 'edit.cycle']]);
  });

  it('join to a link from either end', () => {
    const link = { from: end('latent.latents'), to: end('decode.latents') };
    expect(joinPorts({ ...link.from, side: 'output' }, link.to)).toEqual(link);
    expect(joinPorts({ ...link.to, side: 'input' }, link.from)).toEqual(link);
  });
});
