/**
 * The recovery page: of a run that breaks something. The extension host makes the document around it as for the results page
 * (webview/results/main.ts), with timeline.js and timeline.css. It answers `RecoveryPageApi` and asks `RecoveryHostApi`, both over
 * base/rpc.ts. The same two files are inside an HTML report: see report.ts.
 */
import type { RecoveryHostApi, RecoveryPageApi } from '../../src/ui/panels/timeline/protocol.ts';
import '../kit/theme.css';
import './page.css';
import './lanes.css';
import './marks.css';
import { openBridge } from '../kit/bridge.ts';
import { registerControls } from '../kit/toolkit.ts';
import { App, type PageStorage } from './app.ts';
import { openReport } from './report.ts';

function start(root: HTMLElement): void {
  registerControls();
  const page: RecoveryPageApi = { changed: (facts) => app.show(facts) };
  const report = openReport();
  const { host, storage } = report === null ? inEditor(page) : { host: report, storage: forgetful };
  const app = new App(root, host, storage);
  const begin = (): void => {
    host.ready().then(
      (facts) => app.show(facts),
      (error: unknown) => app.failed(error, begin),
    );
  };
  begin();
}

function inEditor(page: RecoveryPageApi): { readonly host: RecoveryHostApi; readonly storage: PageStorage } {
  const bridge = openBridge<RecoveryHostApi, RecoveryPageApi>(page);
  return { host: bridge.host, storage: bridge };
}

/** A report is a file: what was arranged in it ends with it. */
const forgetful: PageStorage = { load: () => null, save: () => {} };

const root = document.getElementById('app');
if (root !== null) start(root);
