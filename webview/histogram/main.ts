/**
 * The latency page. The extension host makes the document around it as for the results page (webview/results/main.ts), with
 * histogram.js and histogram.css. It answers `LatencyPageApi` and asks `LatencyHostApi`, both over base/rpc.ts. The same two files
 * are inside an HTML report: see report.ts.
 */
import '../kit/theme.css';
import './page.css';
import { openReport } from './report.ts';

const root = document.getElementById('app');
if (root !== null) root.textContent = openReport() === null ? '' : '';
