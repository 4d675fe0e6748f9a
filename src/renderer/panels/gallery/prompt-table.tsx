import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { describeError } from '../../../contract/errors.ts';
import type { Result } from '../../../contract/studio-api.ts';
import { Empty } from '../kit/empty.tsx';
import { when } from '../kit/format.ts';
import { Thumbnail } from '../kit/thumbnail.tsx';
import { useAsked } from '../kit/use-call.ts';
import { useStudio } from '../studio/studio.ts';
import { promptGrid, runsOf } from './prompt-grid.ts';

/** Most results that are looked at for a table: what one call gives. */
const MOST = 500;
const ALL = '';

interface PromptTableProps {
  readonly text: string;
  /** Changes when there are new results. */
  readonly version: number;
  readonly picked: readonly string[];
  readonly onPick: (id: string) => void;
}

/** The newest pictures by prompt and seed, of one run or of all. A press opens one, with the others beside it; Control with it picks for comparison. */
export function PromptTable({ text, version, picked, onPick }: PromptTableProps): VNode {
  const { client } = useStudio();
  const { value: page, error } = useAsked(() => client.call('results.list', { offset: 0, limit: MOST, kinds: ['image'], ...(text === '' ? {} : { text }) }), [text, version]);
  const [wanted, setWanted] = useState<string>();
  const runs = runsOf(page?.results ?? []);
  const run = wanted === ALL ? ALL : runs.find(({ runId }) => runId === wanted)?.runId ?? runs[0]?.runId ?? ALL;
  const results = page?.results.filter(({ runId }) => run === ALL || runId === run) ?? [];
  return (
    <>
      {error && <div class="message error">{describeError(error)}</div>}
      {runs.length > 1 && (
        <label class="row gallery-run"><span class="muted">Run</span>
          <select class="grow" value={run} onChange={(event) => setWanted(event.currentTarget.value)}>
            <option value={ALL}>all of them</option>
            {runs.map(({ runId, graphName, createdAt }) => <option key={runId} value={runId}>{graphName}, {when(createdAt, Date.now())}</option>)}
          </select>
        </label>
      )}
      {page && <Table results={results} picked={picked} onPick={onPick} />}
      {page && page.total > MOST && <p class="muted small">Of the newest {MOST} pictures; search to narrow them down.</p>}
    </>
  );
}

function Table({ results, picked, onPick }: { readonly results: readonly Result[]; readonly picked: readonly string[]; readonly onPick: (id: string) => void }): VNode {
  const { viewing } = useStudio();
  const { prompts, seeds, cells } = promptGrid(results);
  if (prompts.length === 0) return <Empty>No picture here says its prompt and seed</Empty>;
  const order = cells.flat(2).map(({ id }) => id);
  const press = (id: string, event: MouseEvent): void => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) onPick(id);
    else viewing.value = { results: order, index: order.indexOf(id) };
  };
  return (
    <div class="grid-scroll prompt-table" tabIndex={0} role="group" aria-label="Pictures by prompt and seed">
      <table>
        <thead><tr><td />{seeds.map((seed) => <th key={seed} scope="col">seed {seed}</th>)}</tr></thead>
        <tbody>
          {prompts.map((prompt, row) => (
            <tr key={prompt}>
              <th scope="row" title={prompt}>{prompt}</th>
              {cells[row]?.map((cell, column) => (
                <td key={seeds[column]}>
                  {cell.map(({ id, node, name }) => (
                    <button key={id} type="button" class="picture" aria-pressed={picked.includes(id)} title={`${node}: ${name}`} aria-label={`${node}, seed ${String(seeds[column])}, ${prompt}`} onClick={(event) => press(id, event)}>
                      <Thumbnail result={id} size={128} alt="" lazy />
                      {cell.length > 1 && <span class="caption cut">{node}</span>}
                    </button>
                  ))}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
