import { expect, test } from 'vitest';
import { proxyFor } from '../../../src/lib/proxy/proxy-for.ts';

const https = 'https://kube.corp.example:6443';
const direct = null;
const behind = 'http://proxy.example:3128/';

// Go's golang.org/x/net/http/httpproxy, which kubectl follows.
test.for<[string, string, string | null]>([
  ['', https, behind],
  ['*', https, direct],
  ['corp.example', https, direct],
  ['.corp.example', https, direct],
  ['*.corp.example', https, direct],
  ['CORP.example', https, direct],
  ['orp.example', https, behind],
  ['kube.corp.example', https, direct],
  ['.kube.corp.example', https, behind],
  ['kube.corp.example:6443', https, direct],
  ['kube.corp.example:443', https, behind],
  ['kube.corp.example:443', 'https://kube.corp.example', direct],
  [' other.example , kube.corp.example ', https, direct],
  ['10.0.0.0/8', 'https://10.1.2.3:6443', direct],
  ['10.0.0.0/8', 'https://11.1.2.3:6443', behind],
  ['10.0.0.0/8', https, behind],
  ['10.0.0.0/99', 'https://10.1.2.3', behind],
  ['10.1.2.3', 'https://10.1.2.3:6443', direct],
  ['fd00::/8', 'https://[fd00::7]:6443', direct],
  ['fd00::7', 'https://[fd00::7]:6443', direct],
  ['[fd00::7]:6443', 'https://[fd00::7]:6443', direct],
  ['', 'https://localhost:6443', direct],
  ['', 'https://127.0.0.9:6443', direct],
  ['', 'https://[::1]:6443', direct],
])('NO_PROXY %j, %s', ([noProxy, server, proxy]) => {
  const env = { HTTPS_PROXY: 'http://proxy.example:3128', NO_PROXY: noProxy };
  expect(proxyFor(new URL(server), null, env)?.href ?? null).toBe(proxy);
});

test('the scheme of the server picks the variable, upper case first', () => {
  const env = { HTTPS_PROXY: 'a:1', https_proxy: 'b:1', http_proxy: 'c:1' };
  expect(proxyFor(new URL('https://k.example'), null, env)?.href).toBe('http://a:1/');
  expect(proxyFor(new URL('http://k.example'), null, env)?.href).toBe('http://c:1/');
  expect(proxyFor(new URL('http://k.example'), null, { HTTPS_PROXY: 'a:1' })).toBeNull();
});

test('proxy-url counts whatever the environment says', () => {
  const env = { HTTPS_PROXY: 'a:1', NO_PROXY: '*' };
  expect(proxyFor(new URL('https://127.0.0.1'), 'socks5://s:1', env)?.href).toBe('socks5://s:1');
});

test('a proxy that nothing can go through is said, without its password', () => {
  const env = { HTTPS_PROXY: 'ftp://me:secret@a:1' };
  expect(() => proxyFor(new URL('https://k.example'), null, env)).toThrow(
    'the proxy of the environment is no URL with http: https: socks5:',
  );
});
