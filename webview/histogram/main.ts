/**
 * The latency page. The extension host makes the document around it as for the results page (webview/results/main.ts), with
 * histogram.js and histogram.css. It answers `LatencyPageApi` and asks `LatencyHostApi`, both over base/rpc.ts. The same two files
 * are inside an HTML report: see report.ts.
 */
import type { LatencyHostApi, LatencyPageApi } from '../../src/ui/panels/histogram/protocol.ts';
import '../kit/theme.css';
import './page.css';
import './charts.css';
import './tables.css';
import { openBridge } from '../kit/bridge.ts';
import { Palette } from '../kit/palette.ts';
import { registerControls } from '../kit/toolkit.ts';
import { App, type PageStorage } from './app.ts';
import { openReport } from './report.ts';

function start(root: HTMLElement): void {
  registerControls();
  const page: LatencyPageApi = { changed: (facts) => app.show(facts) };
  const report = openReport();
  const { host, storage } = report === null ? inEditor(page) : { host: report, storage: forgetful };
  const app = new App(root, host, storage, new Palette(document.body));
  const begin = (): void => {
    host.ready().then(
      (facts) => app.show(facts),
      (error: unknown) => app.failed(error, begin),
    );
  };
  begin();
}

function inEditor(page: LatencyPageApi): { readonly host: LatencyHostApi; readonly storage: PageStorage } {
  const bridge = openBridge<LatencyHostApi, LatencyPageApi>(page);
  return { host: bridge.host, storage: bridge };
}

/** A report is a file: what was arranged in it ends with it. */
const forgetful: PageStorage = { load: () => null, save: () => {} };

const root = document.getElementById('app');
if (root !== null) start(root);
