import { describe, expect, it } from 'vitest';
import { allowsPermission, answerPage, isStudioPage } from '../../../src/main/shell/pages.ts';
import { fileAmong, isOpenable } from '../../../src/main/shell/open-requests.ts';

const FILES = new Map([['/', { type: 'text/html', bytes: new Uint8Array(3) }], ['/studio.js', { type: 'text/javascript', bytes: new Uint8Array(5) }]]);

describe('isStudioPage', () => {
  it.each(['engram://studio/', 'engram://studio/index.html?x#y'])('knows %s', (address) => { expect(isStudioPage(address)).toBe(true); });

  it.each(['engram://studio.evil/', 'engram://evil/studio', 'engram://user@studio/', 'engram://studio:1/', 'https://studio/', 'engramx://studio/', 'file:///studio', 'engram:studio', 'about:blank', '', 'nonsense', undefined])('refuses %s', (address) => {
    expect(isStudioPage(address)).toBe(false);
  });
});

describe('answerPage', () => {
  it('answers what is in the list, with the policy', () => {
    expect(answerPage(FILES, 'engram://studio/studio.js?x', 'GET')).toMatchObject({ status: 200, headers: { 'Content-Type': 'text/javascript' }, body: { byteLength: 5 } });
    expect(answerPage(FILES, 'engram://studio/', 'HEAD')).toMatchObject({ status: 200, body: '' });
    expect(answerPage(FILES, 'engram://studio/', 'GET').headers['Content-Security-Policy']).toContain("script-src 'self'");
  });

  it('answers nothing else', () => {
    expect(answerPage(FILES, 'engram://studio/constructor', 'GET').status).toBe(404);
    expect(answerPage(FILES, 'engram://studio/%2e%2e/%2e%2e/etc/passwd', 'GET').status).toBe(404);
    expect(answerPage(FILES, 'engram://other/', 'GET').status).toBe(403);
    expect(answerPage(FILES, 'engram://studio/', 'POST').status).toBe(405);
  });
});

describe('allowsPermission', () => {
  it('allows the studio’s own clipboard alone', () => {
    expect(allowsPermission('clipboard-sanitized-write', 'engram://studio/')).toBe(true);
    expect(allowsPermission('clipboard-sanitized-write', 'engram://studio.evil/')).toBe(false);
    for (const permission of ['media', 'geolocation', 'openExternal', 'constructor']) expect(allowsPermission(permission, 'engram://studio/')).toBe(false);
  });
});

describe('fileAmong', () => {
  it('finds the file that is named, from the folder of who named it', () => {
    expect(fileAmong(['--inspect', '-x.graph.json', 'a.graph.json', 'b.graph.json'], '/home/me')).toBe('/home/me/a.graph.json');
    expect(fileAmong(['/t/x.engram.safetensors'], '/home/me')).toBe('/t/x.engram.safetensors');
    expect(fileAmong(['notes.txt', 'https://example.com/x.json'], '/home/me')).toBeUndefined();
  });

  it('opens graphs and tables alone', () => {
    expect(['a.graph.json', 'b.engram.safetensors', 'c.safetensors', 'd.json'].filter(isOpenable)).toEqual(['a.graph.json', 'b.engram.safetensors']);
  });
});
