import { join } from 'node:path';
import { makeFullSizeModel } from '../full-size/full-size-model.mjs';
import { defineProof, judge, type Figure, type Goal } from './framework/proof.ts';
import { measureOnce, type OnceMeasured } from './support/measure-once.ts';

const GIGABYTE = 1e9;

function rounded(found: OnceMeasured): Figure {
  const times = Object.fromEntries((['load', 'create', 'cold', 'warm'] as const).map((name) => [`${name}Seconds`, Math.round(found[name] * 10) / 10]));
  return { ...times, anonymousGigabytes: Math.round(found.anonymousPeak / GIGABYTE * 100) / 100, mappedGigabytes: Math.round(found.mappedPeak / GIGABYTE * 100) / 100, finite: found.finite, resumed: found.resumed };
}

interface Setup { readonly dtype: 'F32' | 'F16'; readonly sizes: readonly number[]; readonly jobs: readonly string[]; readonly plan: string }

/** `ENGRAM_FULL_SIZE` holds `dtype=F16 sizes=512,768 jobs=sample,train plan=lean`; each part may be left out. */
function readSetup(): Setup {
  const given = new Map((process.env['ENGRAM_FULL_SIZE'] ?? '').split(/\s+/).filter(Boolean).map((part) => part.split('=') as [string, string]));
  const list = (name: string, otherwise: string): string[] => (given.get(name) ?? otherwise).split(',');
  return { dtype: given.get('dtype') === 'F16' ? 'F16' : 'F32', sizes: list('sizes', '512,768').map(Number), jobs: list('jobs', 'sample,train'), plan: given.get('plan') ?? 'by-size' };
}

export const fullSizeMemory = defineProof({
  name: 'full-size-memory',
  expectedSeconds: 1200,
  summary: 'Stable Diffusion 1.5 at its real size loads, samples a step and trains a step at 512 px in 12 GB (768 px: 16 GB) of private memory beside the mapped weights.',
  async run(context) {
    if (process.platform !== 'linux') throw new Error('Private and mapped memory can be told apart on Linux only');
    const { dtype, sizes, jobs, plan } = readSetup();
    const model = join(context.root, '.cache', 'full-size', `sd15-${dtype.toLowerCase()}`);
    makeFullSizeModel(context.root, model, dtype, (line) => { context.log(line); });
    const python = await context.python();
    const [ours, torch, timing] = [join(context.root, 'dist', 'full-size.mjs'), join(context.root, 'tools', 'full-size', 'measure.py'), join(context.root, 'tools', 'full-size', 'timing.py')];
    const figures: Record<string, Figure> = { dtype, plan };
    const goals: Record<string, Goal> = {};
    for (const size of sizes) {
      for (const job of jobs) {
        const name = `${job}${size}`;
        const found = await measureOnce(context, { name, command: process.execPath, args: [ours, model, job, String(size), plan], sources: [ours] });
        figures[name] = rounded(found);
        figures[`${name}AnonymousBytes`] = found.anonymousPeak;
        figures[`${name}Finite`] = found.finite;
        goals[`${name}AnonymousBytes`] = { atMost: (size <= 512 ? 12 : 16) * GIGABYTE };
        goals[`${name}Finite`] = { equals: true };
        context.log(`${name}: ${JSON.stringify(figures[name])}`);
        figures[`${name}Torch`] = rounded(await measureOnce(context, { name: `${name}-torch`, command: python.executable, args: [torch, model, job, String(size)], sources: [torch, timing], settings: { ...python.versions } }));
        context.log(`${name}, torch: ${JSON.stringify(figures[`${name}Torch`])}`);
      }
    }
    return judge(figures, goals);
  },
});
