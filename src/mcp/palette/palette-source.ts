import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../../lib/clock.ts';
import type { ProxyEnvironment } from '../../lib/proxy/proxy-for.ts';
import { ToolError } from '../tool-error.ts';
import { PaletteClient } from './api/client.ts';
import type { Palette, Palettes } from './api/palette-api.ts';
import { RateWindow } from './api/rate-window.ts';
import type { PaletteConfig } from './config.ts';
import { DemoPalette } from './demo/demo-palette.ts';

export interface PaletteSourceOptions {
  /** The settings of now. */
  readonly config: () => PaletteConfig;
  readonly proxies: ProxyEnvironment;
  readonly clock: Clock;
}

/** Either the real Palette or the demo fleet, by the settings of now: never both in one call. */
export class PaletteSource implements Palettes {
  readonly #options: PaletteSourceOptions;
  readonly #demo: DemoPalette;
  /** Palette counts by address of the sender: another key is no other count. */
  readonly #window: RateWindow;
  #client: { readonly config: PaletteConfig; readonly client: PaletteClient } | null = null;

  constructor(options: PaletteSourceOptions) {
    this.#options = options;
    this.#demo = new DemoPalette(options.clock);
    this.#window = new RateWindow(options.clock);
  }

  /** Whether it is the demo that is asked; null when nothing can be. */
  get isDemo(): boolean | null {
    const { api_key: key, demo } = this.#options.config();
    if (demo === true || (demo === 'auto' && key === undefined)) return true;
    return key === undefined ? null : false;
  }

  now(): Palette {
    if (this.isDemo === true) return this.#demo;
    const config = this.#options.config();
    const { api_key: key } = config;
    if (key !== undefined) return this.#clientFor({ ...config, api_key: key });
    throw new ToolError('unauthenticated', 'palette.api_key is not set, and palette.demo is false', {
      steps: ['Set palette.api_key to an API key of Palette.', 'Or set palette.demo to auto to see a demo fleet.'],
    });
  }

  /** Ends what is under way. */
  async close(): Promise<void> {
    await this.#client?.client.close();
    this.#client = null;
  }

  /** A client lasts as long as its settings. The one before ends by itself: its calls go on, its idle connections close. */
  #clientFor(config: PaletteConfig & { readonly api_key: string }): PaletteClient {
    if (this.#client !== null && isDeepStrictEqual(this.#client.config, config)) return this.#client.client;
    const { proxies, clock } = this.#options;
    const client = new PaletteClient({ config, window: this.#window, proxies, clock });
    this.#client = { config, client };
    return client;
  }
}
