/** The frame of every webview: nothing but our own bundle may run, and only theme variables colour it. */
import { randomBytes } from 'node:crypto';

export interface PageFrame {
  readonly title: string;
  readonly script: string;
  readonly style: string;
  /** `webview.cspSource` */
  readonly source: string;
  readonly language: string;
}

export function pageHtml({ title, script, style, source, language }: PageFrame): string {
  const nonce = randomBytes(16).toString('base64');
  // Style attributes place rows and bars, and the component library brings its own sheets; neither can run anything.
  const policy = [
    `default-src 'none'`,
    `script-src 'nonce-${nonce}'`,
    `style-src ${source} 'unsafe-inline'`,
    `img-src ${source} data:`,
    `font-src ${source} data:`,
  ].join('; ');
  return `<!doctype html>
<html lang="${escape(language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escape(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${escape(style)}">
<title>${escape(title)}</title>
</head>
<body>
<div id="app"></div>
<script type="module" nonce="${nonce}" src="${escape(script)}"></script>
</body>
</html>`;
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
