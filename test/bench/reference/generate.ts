/**
 * The reference extension that activation is held against: 400,000 bytes of ordinary JavaScript in one CommonJS file, as a
 * bundler's whitespace minifier leaves it, the same on every machine and in every run.
 *
 * It is a bundle of some 170 modules. Each has a table (an object literal of strings and numbers), four functions with loops,
 * branches and text work, and a class with a getter and four methods; at load each module's code runs once, makes its class and
 * calls one of its functions on its table. So all is parsed, a fifth is run, and no work is done that a real bundle does not do:
 * no I/O, no timer, no big data. `activate` registers what a peer of ours registers: the same number of commands, three trees,
 * an output channel, a status bar item, CodeLens, completion, hover and diagnostics for SQL, a panel serializer, listeners for
 * documents, editors and settings, two context keys.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export const referenceBytes = 400_000;
export const referenceId = 'faultline-bench.reference';

const words = 'alpha batch cache delta edge fetch graph heap index join kernel layer merge node order plan query range stream table'.split(
  ' ',
);

/** Writes the extension into `folder`; `commands` is how many it has. */
export async function writeReference(folder: string, commands: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'extension.js'), bundle(commands));
  await writeFile(
    join(folder, 'icon.svg'),
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><circle cx="12" cy="12" r="8"/></svg>',
  );
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest(commands)));
}

export function bundle(commands: number): string {
  const random = numbers(7);
  const end = ending(commands);
  const modules: string[] = [];
  let size = beginning.length + end.length;
  for (;;) {
    const text = moduleText(modules.length, random);
    if (size + text.length > referenceBytes) break;
    modules.push(text);
    size += text.length;
  }
  const text = `${beginning}${modules.join('')}${end}`;
  return `${text}/*${'-'.repeat(referenceBytes - text.length - 4)}*/`;
}

const beginning = `"use strict";const vscode=require("vscode"),path=require("node:path"),fs=require("node:fs"),os=require("node:os"),crypto=require("node:crypto");const modules=new Map();\n`;

function moduleText(index: number, random: () => number): string {
  const word = (): string => words[random() % words.length] ?? 'node';
  const entries = Array.from(
    { length: 8 },
    (_, i) => `${word()}${i}:{label:"${word()} ${word()}",weight:${random() % 1000},tags:["${word()}","${word()}"]}`,
  );
  const functions = ['scan', 'fold', 'render', 'check'].map((name) => functionText(`${name}${index}`, word, random));
  return (
    `const table${index}={${entries.join(',')}};${functions.join('')}` +
    `class Part${index}{constructor(a){this.items=a;this.total=0;this.names=[];}get size(){return this.items.length;}` +
    `add(a){this.items.push(a);this.total+=a.weight;return this;}` +
    `find(a){return this.items.find(b=>b.label.startsWith(a)||b.tags.includes("${word()}"));}` +
    `group(){const a={};for(const b of this.items){(a[b.tags[0]]??=[]).push(b.label);}return a;}` +
    `toText(a){try{return JSON.stringify(this.group(),null,a);}catch(b){throw new Error("${word()} ${word()} "+String(b));}}}` +
    `modules.set("${word()}/${index}",{part:new Part${index}([]),count:fold${index}(table${index},${random() % 97})});\n`
  );
}

function functionText(name: string, word: () => string, random: () => number): string {
  return (
    `function ${name}(a,b){let c=b|0;const d=[];for(const [e,f] of Object.entries(a)){if(f.weight%${2 + (random() % 7)}===0){c=(c*31+f.weight)|0;d.push(e);}` +
    `else if(f.tags[0]==="${word()}"){c^=f.label.length;}else{switch(f.weight&3){case 0:c+=${random() % 100};break;case 1:c-=${random() % 100};break;default:d.push(f.label.slice(0,${1 + (random() % 5)}));}}}` +
    `return{value:c,names:d,title:\`\${d.length} ${word()} of ${word()}\`};}`
  );
}

function ending(commands: number): string {
  return (
    `function activate(context){const s=context.subscriptions;const log=vscode.window.createOutputChannel("Reference",{log:true});s.push(log);` +
    `for(let i=0;i<${commands};i++)s.push(vscode.commands.registerCommand("reference.command"+i,async(...a)=>log.info(String(a.length))));` +
    `for(const id of["reference.one","reference.two","reference.three"]){const changed=new vscode.EventEmitter();s.push(changed,vscode.window.createTreeView(id,{treeDataProvider:{onDidChangeTreeData:changed.event,getTreeItem:a=>a,getChildren:()=>[]}}));}` +
    `const item=vscode.window.createStatusBarItem("reference.status",vscode.StatusBarAlignment.Left,10);item.text="Reference";item.show();s.push(item);` +
    `const sql={language:"sql"};s.push(vscode.languages.registerCodeLensProvider(sql,{provideCodeLenses:()=>[]}),` +
    `vscode.languages.registerCompletionItemProvider(sql,{provideCompletionItems:()=>[]},"."),vscode.languages.registerHoverProvider(sql,{provideHover:()=>undefined}),` +
    `vscode.languages.createDiagnosticCollection("reference"),vscode.window.createTextEditorDecorationType({isWholeLine:true}),` +
    `vscode.window.registerWebviewPanelSerializer("reference.panel",{deserializeWebviewPanel:async()=>{}}),` +
    `vscode.workspace.onDidChangeTextDocument(()=>{}),vscode.workspace.onDidCloseTextDocument(()=>{}),vscode.window.onDidChangeActiveTextEditor(()=>{}),` +
    `vscode.workspace.onDidChangeConfiguration(()=>{}));` +
    `void vscode.commands.executeCommand("setContext","reference.ready",true);void vscode.commands.executeCommand("setContext","reference.busy",false);` +
    `const home=path.join(os.homedir(),".reference");return{modules,home,id:crypto.randomUUID(),fs:typeof fs};}exports.activate=activate;\n`
  );
}

function manifest(commands: number): object {
  const icon = 'icon.svg';
  return {
    name: 'reference',
    publisher: 'faultline-bench',
    version: '1.0.0',
    engines: { vscode: '^1.117.0' },
    main: './extension.js',
    extensionKind: ['workspace'],
    activationEvents: [],
    contributes: {
      commands: Array.from({ length: commands }, (_, i) => ({ command: `reference.command${i}`, title: `Reference ${i}` })),
      viewsContainers: { activitybar: [{ id: 'reference', title: 'Reference', icon }] },
      views: { reference: ['one', 'two', 'three'].map((name) => ({ id: `reference.${name}`, name, icon })) },
    },
  };
}

/** The same numbers for the same seed (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  };
}
