import type { Dispatcher } from 'undici';
import { type ProxyEnvironment, proxyFor } from '../../lib/proxy/proxy-for.ts';
import type { SlackNotifierOptions } from '../../notify/slack/web-api-notifier.ts';
import type { WebhookOptions } from '../../notify/webhook/webhook-notifier.ts';

/** Of everybody who calls over HTTP. */
export type Fetch = SlackNotifierOptions['fetch'] & WebhookOptions['fetch'];

/** Calls over HTTP that go by the proxies of the environment. Loaded for those who have it: a tenth of the start. */
export async function fetchThrough(proxy: ProxyEnvironment): Promise<{ fetch: Fetch; close: () => Promise<void> }> {
  const [{ fetch: undiciFetch }, { ProxiedDispatchers }] = await Promise.all([
    import('undici'),
    import('../../lib/proxy/proxied-dispatchers.ts'),
  ]);
  const ways = new ProxiedDispatchers(proxy);
  const fetch = async (url: string | URL, init?: object) =>
    await undiciFetch(url, { ...init, dispatcher: ways.of(new URL(url)) });
  return { fetch, close: () => ways.destroy() };
}

/**
 * The way of WebSockets by the proxies of the environment, over HTTP/1.1: one of HTTP/2 would share its connection. Null
 * where `server` is reached without a proxy.
 */
export async function socketsThrough(
  proxy: ProxyEnvironment,
  server: URL,
): Promise<{ readonly dispatcher: Pick<Dispatcher, 'dispatch'>; readonly close: () => Promise<void> } | null> {
  if (proxyFor(server, null, proxy) === null) return null;
  const { ProxiedDispatchers } = await import('../../lib/proxy/proxied-dispatchers.ts');
  const ways = new ProxiedDispatchers(proxy, { allowH2: false });
  const dispatch: Dispatcher['dispatch'] = (options, handler) =>
    ways.of(new URL(String(options.origin))).dispatch(options, handler);
  return { dispatcher: { dispatch }, close: () => ways.destroy() };
}
