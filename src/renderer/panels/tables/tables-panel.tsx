import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { describeError } from '../../../contract/errors.ts';
import type { TableFile } from '../../../contract/studio-api.ts';
import { Button } from '../kit/button.tsx';
import { Empty } from '../kit/empty.tsx';
import { bytes, when } from '../kit/format.ts';
import { Panel } from '../kit/panel.tsx';
import { useAsked } from '../kit/use-call.ts';
import { folderOf } from '../inspector/path-dialog.tsx';
import { useStudio } from '../studio/studio.ts';
import { TableDetails } from './table-details.tsx';
import { TablePairDetails } from './table-pair.tsx';

/** The concept tables that this graph can read: look into one, or hold two against each other. */
export function TablesPanel(): VNode {
  const { client, documents, table: shown } = useStudio();
  const base = folderOf(documents.file.value.path);
  const { value: tables, error, reload } = useAsked(() => client.call('files.tables', { base }), [base]);
  useEffect(() => {
    const ends = [client.on('results', reload), client.on('models', reload)];
    return () => { for (const end of ends) end(); };
  }, [reload]);
  const open = shown.value;
  const [other, setOther] = useState<string>();
  const press = (path: string): void => {
    shown.value = open === path ? undefined : path;
    setOther(undefined);
  };
  return (
    <Panel title="Concept tables" tools={<Button label="Look again" onClick={reload} />}>
      {error && <div class="message error">{describeError(error)}</div>}
      {tables?.length === 0 && <Empty>Tables that training saves come here</Empty>}
      {tables?.map((table) => <Line key={table.path} table={table} open={open === table.path} onToggle={() => press(table.path)} compared={other === table.path} onCompare={open !== undefined && open !== table.path ? () => setOther(table.path) : undefined} />)}
      {open !== undefined && <TableDetails path={open} />}
      {open !== undefined && other !== undefined && <TablePairDetails a={open} b={other} />}
    </Panel>
  );
}

interface LineProps { readonly table: TableFile; readonly open: boolean; readonly compared: boolean; readonly onToggle: () => void; readonly onCompare: (() => void) | undefined }

function Line({ table, open, compared, onToggle, onCompare }: LineProps): VNode {
  const uses = useUses(table.value);
  return (
    <div class="card">
      <div class="row">
        <button type="button" class="list-item grow" aria-expanded={open} onClick={onToggle}>
          <span class="grow"><b>{table.trigger ?? table.name}</b><br /><span class="muted small">{table.name}, {bytes(table.size)}, {when(table.modified, Date.now())}{table.family === undefined ? '' : `, ${table.family}`}</span></span>
        </button>
        {onCompare && <Button label="Compare" pressed={compared} onClick={onCompare} />}
      </div>
      {uses.length > 0 && <div class="muted small">Used here by {uses.join(', ')}</div>}
      {table.error && <div class="message error">{describeError(table.error)}</div>}
    </div>
  );
}

/** Titles of the nodes of the open graph that name a file. */
function useUses(value: string): readonly string[] {
  const { documents } = useStudio();
  const view = documents.view.value;
  return Object.entries(view.nodes).filter(([, node]) => Object.values(node.params).includes(value)).map(([id]) => view.where(id));
}
