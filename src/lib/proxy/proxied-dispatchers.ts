import { Agent, type Dispatcher, ProxyAgent } from 'undici';
import { type ProxyEnvironment, proxyFor } from './proxy-for.ts';

/** The ways of undici to servers, each by the proxy that the environment names for it: one for each proxy, and one for none. */
export class ProxiedDispatchers {
  readonly #env: ProxyEnvironment;
  readonly #options: { readonly allowH2?: boolean };
  readonly #made = new Map<string, Dispatcher>();

  constructor(env: ProxyEnvironment, options: { readonly allowH2?: boolean } = {}) {
    this.#env = env;
    this.#options = options;
  }

  /** @throws Error for a proxy that cannot be used */
  of(server: URL): Dispatcher {
    const proxy = proxyFor(server, null, this.#env)?.href ?? '';
    const made =
      this.#made.get(proxy) ??
      (proxy === '' ? new Agent(this.#options) : new ProxyAgent({ uri: proxy, ...this.#options }));
    this.#made.set(proxy, made);
    return made;
  }

  /** Ends what is under way. */
  async destroy(): Promise<void> {
    await Promise.all([...this.#made.values()].map((dispatcher) => dispatcher.destroy()));
    this.#made.clear();
  }
}
