import { Fragment, type VNode } from 'preact';
import { describeError } from '../../../contract/errors.ts';
import type { NodeRunState } from '../../../contract/studio-api.ts';
import { duration } from '../../words.ts';
import { describeReason } from '../studio/run-texts.ts';
import { nodeOf, shownState } from '../studio/run-reducer.ts';
import { figure } from '../kit/format.ts';
import { dataUrl } from '../studio/pictures.ts';
import { useStudio } from '../studio/studio.ts';
import { Thumbnail } from '../kit/thumbnail.tsx';

/** What the last run told of a node: state, why, time, warnings, the error with what the node had got, pictures. */
export function NodeRun({ id }: { readonly id: string }): VNode | null {
  const { runs, viewing } = useStudio();
  const run = runs.run.value;
  const node = run && nodeOf(run, id);
  const state = shownState(run?.status, node);
  if (!node || state === undefined || state === 'waiting') return null;
  const pictures = node.artifacts.filter(({ kind }) => kind === 'image' || kind === 'contact-sheet');
  return (
    <div class="section">
      <h3>Last run</h3>
      <dl class="facts">
        <dt>State</dt><dd>{stateText(state, node)}</dd>
        {node.reason && node.cached === false && <><dt>Why it ran</dt><dd>{describeReason(node.reason)}</dd></>}
        {node.progress?.message !== undefined && !(state === 'done' && node.findings) && <><dt>Progress</dt><dd>{node.progress.message}</dd></>}
        {node.because !== undefined && <><dt>Because</dt><dd>{node.because}</dd></>}
      </dl>
      {node.error && <div class="message error">{describeError(node.error)}</div>}
      {node.inputs && Object.keys(node.inputs).length > 0 && (
        <dl class="facts">{Object.entries(node.inputs).map(([name, text]) => <Fragment key={name}><dt>{name}</dt><dd>{text}</dd></Fragment>)}</dl>
      )}
      {node.warnings.map((warning, index) => <div key={index} class="message warning">{describeError(warning)}</div>)}
      {node.preview && state === 'running' && <img class="preview" alt={node.preview.label} src={dataUrl(node.preview.picture)} />}
      {node.findings?.map((finding, index) => <Findings key={index} finding={finding} />)}
      {pictures.length > 0 && (
        <div class="strip">
          {pictures.map(({ result }, index) => (
            <button key={result} type="button" class="button quiet" aria-label={`Look at picture ${index + 1}`} onClick={() => { viewing.value = { results: pictures.map((picture) => picture.result), index }; }}>
              <Thumbnail result={result} size={128} alt="" />
            </button>
          ))}
        </div>
      )}
    </div>
  );
}

/** What a report of the node says. */
function Findings({ finding: { title, facts } }: { readonly finding: NonNullable<NodeRunState['findings']>[number] }): VNode {
  return (
    <div class="findings">
      <p>{title}</p>
      <dl class="facts">{Object.entries(facts).map(([name, fact]) => <Fragment key={name}><dt>{name}</dt><dd class="numeric">{typeof fact === 'number' ? figure(fact) : String(fact)}</dd></Fragment>)}</dl>
    </div>
  );
}

function stateText(state: string, node: NodeRunState): string {
  if (state === 'done' && node.cached !== undefined && node.cached !== false) return `taken from the cache (${node.cached})`;
  return node.ms === undefined ? state : `${state} in ${duration(node.ms / 1000)}`;
}
