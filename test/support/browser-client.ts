import type { HealthFixture } from './health-fixture.ts';

/** What a browser does of its own: keeps cookies, says its Origin, sends forms. */
export class BrowserClient {
  readonly cookies = new Map<string, string>();
  readonly headers: Record<string, string>;
  readonly #fixture: Pick<HealthFixture, 'get' | 'url'>;

  constructor(fixture: Pick<HealthFixture, 'get' | 'url'>, headers: Record<string, string> = {}) {
    this.#fixture = fixture;
    this.headers = headers;
  }

  async get(path: string, headers: Record<string, string> = {}): Promise<Response> {
    return this.#keep(await this.#fixture.get(path, { headers: this.#headers(headers) }));
  }

  /** Sends a form, as from a page of the server unless `headers` say another Origin. */
  async post(path: string, fields: Record<string, string>, headers: Record<string, string> = {}): Promise<Response> {
    const given = { origin: this.#fixture.url, 'content-type': 'application/x-www-form-urlencoded', ...headers };
    const init = { method: 'POST', headers: this.#headers(given), body: String(new URLSearchParams(fields)) };
    return this.#keep(await this.#fixture.get(path, init));
  }

  /** The secret of the forms on a page. */
  async csrf(path = '/'): Promise<string> {
    return /name="csrf" value="([^"]+)"/.exec(await (await this.get(path)).text())?.[1] ?? '';
  }

  #headers(more: Record<string, string>): Record<string, string> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    return { accept: 'text/html', ...this.headers, ...(cookie === '' ? {} : { cookie }), ...more };
  }

  #keep(response: Response): Response {
    for (const header of response.headers.getSetCookie()) {
      const [pair = ''] = header.split(';');
      const at = pair.indexOf('=');
      if (/Max-Age=0/.test(header)) this.cookies.delete(pair.slice(0, at));
      else this.cookies.set(pair.slice(0, at), pair.slice(at + 1));
    }
    return response;
  }
}
