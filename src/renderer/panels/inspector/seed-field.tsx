import { Dices } from 'lucide';
import type { VNode } from 'preact';
import type { SeedParam } from '../../../contract/params.ts';
import { Button } from '../kit/button.tsx';
import { NumberField } from './number-field.tsx';
import { SeedModeChoice } from './seed-mode.tsx';
import type { ParamEdit } from './param-edit.ts';

const MAX_SEED = 2 ** 32 - 1;

/** A new seed: torch uses 32 bits. */
export function randomSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
}

/** The seed after this one. */
export function nextSeed(seed: number): number {
  return seed >= MAX_SEED ? 0 : seed + 1;
}

/** A seed: typed or drawn, and what becomes of it with every run. */
export function SeedField({ edit }: { readonly edit: ParamEdit<SeedParam> }): VNode {
  const asNumber = { ...edit, schema: { kind: 'integer', min: 0, max: Number.MAX_SAFE_INTEGER, default: edit.schema.default, doc: edit.schema.doc } } as const;
  return (
    <div class="stack">
      <div class="field-line">
        <div class="grow"><NumberField edit={asNumber} /></div>
        <Button quiet icon={Dices} label="Draw a seed" onClick={() => edit.setOnce(randomSeed())} />
      </div>
      <SeedModeChoice node={edit.node} param={edit.name} />
    </div>
  );
}

