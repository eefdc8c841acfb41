/** The look of a report where no editor gives one: the values of Light Modern and Dark Modern, by what the reader's system prefers. */

/** Of each variable that pages use: light, dark. */
const colours: Readonly<Record<string, readonly [light: string, dark: string]>> = {
  'editor-background': ['#ffffff', '#1f1f1f'],
  'editor-foreground': ['#3b3b3b', '#cccccc'],
  foreground: ['#3b3b3b', '#cccccc'],
  descriptionForeground: ['#3b3b3b', '#9d9d9d'],
  disabledForeground: ['#61616180', '#cccccc80'],
  focusBorder: ['#005fb8', '#0078d4'],
  'widget-shadow': ['#00000029', '#0000005c'],
  'textLink-foreground': ['#005fb8', '#4daafc'],
  'textCodeBlock-background': ['#f8f8f8', '#2b2b2b'],
  'charts-foreground': ['#3b3b3b', '#cccccc'],
  'charts-red': ['#e51400', '#f14c4c'],
  'charts-blue': ['#0063d3', '#59a4f9'],
  'charts-yellow': ['#bf8803', '#cca700'],
  'charts-orange': ['#d18616', '#d18616'],
  'charts-green': ['#388a34', '#89d185'],
  'charts-purple': ['#652d90', '#b180d7'],
  'list-hoverBackground': ['#f2f2f2', '#2a2d2e'],
  'list-activeSelectionBackground': ['#e8e8e8', '#04395e'],
  'list-activeSelectionForeground': ['#000000', '#ffffff'],
  'list-inactiveSelectionBackground': ['#e4e6f1', '#37373d'],
  'editor-selectionBackground': ['#add6ff', '#264f78'],
  'toolbar-hoverBackground': ['#b8b8b850', '#5a5d5e50'],
  'button-background': ['#005fb8', '#0078d4'],
  'button-foreground': ['#ffffff', '#ffffff'],
  'button-hoverBackground': ['#0258a8', '#026ec1'],
  'button-border': ['#0000001a', '#ffffff1a'],
  'button-secondaryBackground': ['#e5e5e5', '#00000000'],
  'button-secondaryForeground': ['#3b3b3b', '#cccccc'],
  'button-secondaryHoverBackground': ['#cccccc', '#2b2b2b'],
  'menu-background': ['#ffffff', '#1f1f1f'],
  'menu-foreground': ['#3b3b3b', '#cccccc'],
  'menu-selectionBackground': ['#005fb8', '#0078d4'],
  'menu-selectionForeground': ['#ffffff', '#ffffff'],
  'menu-separatorBackground': ['#d4d4d4', '#454545'],
  'editorHoverWidget-background': ['#f8f8f8', '#202020'],
  'editorHoverWidget-foreground': ['#3b3b3b', '#cccccc'],
  'editorHoverWidget-border': ['#c8c8c8', '#454545'],
  'editorWidget-background': ['#f8f8f8', '#202020'],
  'editorWidget-border': ['#c8c8c8', '#454545'],
  'scrollbarSlider-background': ['#64646466', '#79797966'],
};

const fonts = `--vscode-font-family: system-ui, -apple-system, 'Segoe UI', Ubuntu, sans-serif;
  --vscode-font-size: 13px;
  --vscode-font-weight: normal;
  --vscode-editor-font-family: ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace;
  --vscode-editor-font-size: 12px;`;

/** Of the part that shows without a script; the page brings its own sheet. */
const plain = `body:has(.plain) { overflow: auto; }
.plain { max-width: 1000px; margin: 0 auto; padding: 16px; }
.plain h1 { font-size: 20px; line-height: 24px; font-weight: 600; margin: 8px 0; }
.plain h2 { font-size: 13px; font-weight: 600; margin: 20px 0 4px; }
.plain p, .plain ul, .plain dl { margin: 4px 0; }
.plain ul { padding-left: 20px; }
.plain dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 16px; }
.plain dt { color: var(--vscode-descriptionForeground); }
.plain dd { margin: 0; overflow-wrap: anywhere; }
.plain .reason { font-size: 15px; }
.plain .verdict.passed { color: color-mix(in srgb, var(--vscode-charts-green) 75%, var(--vscode-foreground)); }
.plain .verdict.failed { color: color-mix(in srgb, var(--vscode-charts-red) 75%, var(--vscode-foreground)); }
.plain .verdict.inconclusive { color: color-mix(in srgb, var(--vscode-charts-yellow) 75%, var(--vscode-foreground)); }
.plain table { border-collapse: collapse; margin: 20px 0 4px; font-variant-numeric: tabular-nums; }
.plain caption { text-align: left; font-weight: 600; margin-bottom: 4px; }
.plain th, .plain td { padding: 2px 16px 2px 0; text-align: left; white-space: nowrap; font-weight: 400; }
.plain th { color: var(--vscode-descriptionForeground); border-bottom: 1px solid; }
.plain .n { text-align: right; }
@media (max-width: 700px) { .plain table { display: block; overflow-x: auto; } }`;

export const reportStyle = `:root {
  color-scheme: light;
  ${fonts}
  ${variables(0)}
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    color-scheme: dark;
    ${variables(1)}
  }
}
body { margin: 0; background: var(--vscode-editor-background); color: var(--vscode-foreground); font: 13px/20px var(--vscode-font-family); }
${plain}
`;

function variables(scheme: 0 | 1): string {
  return Object.entries(colours)
    .map(([name, values]) => `--vscode-${name}: ${values[scheme]};`)
    .join('\n  ');
}
