import { FileJson, GitCompare, Grid3x3, Search, Table2, type IconNode } from 'lucide';
import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { describeError } from '../../../contract/errors.ts';
import type { Result } from '../../../contract/studio-api.ts';
import { Button } from '../kit/button.tsx';
import { Empty } from '../kit/empty.tsx';
import { Icon } from '../kit/icon.tsx';
import { Panel } from '../kit/panel.tsx';
import { Thumbnail } from '../kit/thumbnail.tsx';
import { useStudio } from '../studio/studio.ts';
import { PromptTable } from './prompt-table.tsx';
import { ResultGrid } from './result-grid.tsx';
import { ResultPages } from './result-pages.ts';

const KINDS: Readonly<Record<Exclude<Result['kind'], 'image' | 'contact-sheet'>, IconNode>> = { table: Table2, report: FileJson, data: FileJson };

/** Whether a result is a picture. */
export function isPicture({ kind }: Pick<Result, 'kind'>): boolean {
  return kind === 'image' || kind === 'contact-sheet';
}

/** Everything that runs have made, newest first. Only what can be seen is fetched and drawn, however many there are. */
export function GalleryPanel(): VNode {
  const { client, viewing } = useStudio();
  const [pages] = useState(() => new ResultPages((offset, limit, text) => client.call('results.list', { offset, limit, ...(text === '' ? {} : { text }) })));
  const [picked, setPicked] = useState<readonly string[]>([]);
  const [byPrompt, setByPrompt] = useState(false);
  useEffect(() => {
    void pages.reload();
    return client.on('results', () => void pages.reload());
  }, []);
  const { total, error, text } = pages.state.value;
  const open = (result: Result, index: number): void => {
    if (isPicture(result)) viewing.value = { results: pages.picturesAround(index), index: pages.picturesAround(index).indexOf(result.id) };
  };
  const pick = (id: string): void => setPicked(picked.includes(id) ? picked.filter((other) => other !== id) : [...picked, id].slice(-2));
  const [a, b] = picked;
  const found = total !== undefined && total > 0;
  const compare = <Button icon={GitCompare} label="Compare" disabled={b === undefined} onClick={() => { if (a !== undefined && b !== undefined) viewing.value = { results: [a], index: 0, against: b }; }} />;
  return (
    <Panel title={`Results${total === undefined ? '' : ` (${total})`}`} flush tools={<><Button quiet icon={Grid3x3} label="By prompt and seed" pressed={byPrompt} onClick={() => setByPrompt(!byPrompt)} />{compare}</>}>
      <div class="search-field gallery-search">
        <Icon icon={Search} size={14} />
        <input type="text" aria-label="Search results" placeholder="Search by name, prompt or graph" value={text} onInput={(event) => pages.search(event.currentTarget.value)} />
      </div>
      {error && <div class="message error">{describeError(error)}</div>}
      {total === 0 && <Empty>{text === '' ? 'Pictures and tables that runs make come here' : 'No result like that'}</Empty>}
      {found && byPrompt && <PromptTable text={text} version={total} picked={picked} onPick={pick} />}
      {found && !byPrompt && <ResultGrid count={total} item={(index) => pages.get(index)} picked={picked} onOpen={open} onPick={pick} draw={(result) => <Tile result={result} />} />}
    </Panel>
  );
}

function Tile({ result }: { readonly result: Result }): VNode {
  return (
    <>
      <span class="frame">{result.kind === 'image' || result.kind === 'contact-sheet' ? <Thumbnail result={result.id} size={256} alt={result.prompt ?? result.name} /> : <Icon icon={KINDS[result.kind]} size={32} />}</span>
      <span class="caption cut" title={result.name}>{result.name}{result.seed === undefined ? '' : ` · seed ${result.seed}`}</span>
    </>
  );
}
