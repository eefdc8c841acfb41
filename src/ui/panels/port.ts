/** The host's end of the channel to a page. */
import type * as vscode from 'vscode';
import type { Port } from '../../base/rpc.ts';

export function portOf(webview: vscode.Webview): Port {
  return {
    post: (message) => void webview.postMessage(message),
    listen: (onMessage) => {
      const registration = webview.onDidReceiveMessage(onMessage);
      return () => void registration.dispose();
    },
  };
}
