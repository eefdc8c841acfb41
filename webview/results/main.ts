/**
 * The results page. The extension host makes the document around it and needs only:
 *
 *   <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src ${cspSource} 'unsafe-inline';
 *         font-src ${cspSource}; script-src 'nonce-${nonce}'">
 *   <link rel="stylesheet" href="${dist/webview/results.css}">
 *   <body><div id="app"></div><script type="module" nonce="${nonce}" src="${dist/webview/results.js}"></script></body>
 *
 * 'unsafe-inline' is for the style attributes that place rows and bars and for the component library's own sheets.
 * It answers `ResultsPageApi` and asks `ResultsHostApi`, both over base/rpc.ts.
 */
import type { ResultsHostApi, ResultsPageApi } from '../../src/ui/panels/results/protocol.ts';
import '../kit/theme.css';
import './page.css';
import './grid.css';
import './popovers.css';
import './views.css';
import { t } from '../../src/base/messages.ts';
import { openBridge } from '../kit/bridge.ts';
import { h } from '../kit/dom.ts';
import { registerControls } from '../kit/toolkit.ts';
import { App } from './app.ts';

function start(root: HTMLElement): void {
  registerControls();
  const page: ResultsPageApi = {
    show: (state) => app.show(state),
    focusGrid: () => app.focusGrid(),
  };
  const bridge = openBridge<ResultsHostApi, ResultsPageApi>(page);
  const app = new App(root, bridge.host, bridge);
  bridge.host.ready().then(
    (state) => app.show(state),
    () => root.append(h('p', { class: 'msg', role: 'alert' }, t('The results could not be read. Close this panel and show them again.'))),
  );
}

const root = document.getElementById('app');
if (root !== null) start(root);
