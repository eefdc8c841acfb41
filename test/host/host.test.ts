import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import * as vscode from 'vscode';

describe('the extension in its host', () => {
  it('is found and starts', async () => {
    const extension = vscode.extensions.getExtension('faultline.faultline');
    assert.ok(extension, 'the workbench does not know the extension');
    await extension.activate();
    assert.equal(extension.isActive, true);
  });
});
