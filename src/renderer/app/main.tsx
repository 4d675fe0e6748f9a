import '../no-eval.ts';
import 'uplot/dist/uPlot.min.css';
import './studio.css';
import { render } from 'preact';
import { toErrorData, describeError } from '../../contract/errors.ts';
import { connectStudio } from '../api.ts';
import { startWindow } from './start.ts';
import { applyTheme } from './theme.ts';
import { StudioWindow } from './views/window.tsx';

const place = document.querySelector('#studio');
if (place) {
  startWindow(connectStudio()).then((state) => {
    applyTheme(state.studio.preferences);
    render(<StudioWindow state={state} />, place);
    performance.mark('studio-interactive');
  }, (thrown: unknown) => {
    render(<div class="empty" role="alert">{describeError(toErrorData(thrown))}</div>, place);
  });
}
