/**
 * The page on which something is broken: the form or what a spec says, the preview, one confirm. The extension host makes the document
 * around it as for the results page (webview/results/main.ts), with fault.js and fault.css. It answers `FaultPageApi` and asks
 * `FaultHostApi`, both over base/rpc.ts.
 */
import type { FaultHostApi, FaultPageApi } from '../../src/ui/panels/fault/protocol.ts';
import '../kit/theme.css';
import './page.css';
import './form.css';
import './preview.css';
import { openBridge } from '../kit/bridge.ts';
import { registerControls } from '../kit/toolkit.ts';
import { App } from './app.ts';

function start(root: HTMLElement): void {
  registerControls();
  const page: FaultPageApi = { show: (state) => app.show(state) };
  const { host } = openBridge<FaultHostApi, FaultPageApi>(page);
  const app = new App(root, host);
  host.ready().then(
    (state) => app.show(state),
    (error: unknown) => app.failed(error),
  );
}

const root = document.getElementById('app');
if (root !== null) start(root);
