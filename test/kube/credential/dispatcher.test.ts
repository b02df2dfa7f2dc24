import { expect, onTestFinished, test } from 'vitest';
import { type ServerTls, dispatcherFor } from '../../../src/kube/credential/dispatcher.ts';
import { identityOf, startRecordingApi, startRecordingProxy } from '../../support/recording-servers.ts';

const anybody: ServerTls = { ca: null, certificate: null, key: null, serverName: null, verify: true };

async function statusOf(tls: ServerTls, proxy: URL | null, origin: string): Promise<number> {
  const dispatcher = dispatcherFor(tls, proxy);
  onTestFinished(() => dispatcher.destroy());
  const { statusCode, body } = await dispatcher.request({ origin, path: '/', method: 'GET' });
  await body.dump();
  return statusCode;
}

test('a server is held against its authority and its name', async () => {
  const own = await identityOf('api');
  const api = await startRecordingApi(own);
  onTestFinished(() => api.close());
  const trusted = { ...anybody, ca: own.cert };
  expect(await statusOf(trusted, null, api.url)).toBe(200);
  expect(await statusOf({ ...trusted, serverName: 'named.example' }, null, api.url)).toBe(200);
  await expect(statusOf({ ...trusted, serverName: 'other.example' }, null, api.url)).rejects.toThrow('other.example');
  await expect(statusOf(anybody, null, api.url)).rejects.toThrow('self-signed certificate');
  expect(await statusOf({ ...anybody, verify: false }, null, api.url)).toBe(200);
  expect(api.take().map(({ serverName }) => serverName)).toEqual([null, 'named.example', null]);
});

test('behind a proxy it is the same', async () => {
  const own = await identityOf('api');
  const [api, proxy] = await Promise.all([startRecordingApi(own), startRecordingProxy(null)]);
  onTestFinished(async () => void (await Promise.all([api.close(), proxy.close()])));
  const origin = `https://kube.corp.example:${api.port}`;
  expect(await statusOf({ ...anybody, ca: own.cert }, new URL(proxy.url), origin)).toBe(200);
  expect(proxy.take()).toEqual([`CONNECT kube.corp.example:${api.port}`]);
  await expect(statusOf(anybody, new URL(proxy.url), origin)).rejects.toThrow('self-signed certificate');
});

test('what cannot be used is said before anything is sent', async () => {
  const [me, other] = await Promise.all([identityOf('me'), identityOf('other')]);
  expect(() => dispatcherFor({ ...anybody, ca: 'text' }, null)).toThrow('holds no certificate');
  expect(() => dispatcherFor({ ...anybody, certificate: me.cert, key: other.key }, null)).toThrow(
    'key values mismatch',
  );
  expect(() => dispatcherFor({ ...anybody, certificate: 'text', key: me.key }, null)).toThrow('PEM');
});
