import { randomBytes } from 'node:crypto';
import {
  type AllowedAct,
  type Asked,
  nameField,
  type PageGate,
  type SignIn,
  type Visit,
} from '../../domain/people/viewer.ts';
import { cookieValue, expireCookie, setCookie } from '../../lib/http/cookies.ts';
import { forgedForm, HttpProblem, mayOnlyRead, unauthorized } from '../errors.ts';
import { access, type Access, hostName, isSame, reading } from './access.ts';
import { type Sessions, sessionMs } from './sessions.ts';
import { triesFrom, type TryLimit } from './try-limit.ts';
import {
  nameCookie,
  type PeopleSettings,
  personName,
  roleOf,
  sessionCookie,
  tokensOf,
  type Who,
  whoAsks,
} from './who-asks.ts';

export interface GuardOptions {
  readonly settings: () => PeopleSettings;
  readonly sessions: Sessions;
  readonly tries: TryLimit;
  /** Of browsers in which somebody has signed in before: whom strangers guess against is not locked out. */
  readonly knownTries: TryLimit;
  /** Ms since the epoch. */
  readonly now: () => number;
}

/** Ties forms to the browser that they were made for, when it has no session. */
const browserCookie = 'nightcrier_browser';
/** Says that somebody has signed in there before. It lets nobody in. */
const knownCookie = 'nightcrier_known';
const yearSeconds = 365 * 86_400;

/** Who gets in: programs by a token, people by a login, by a proxy that names them, or because there is no token. */
export class Guard implements PageGate {
  readonly #options: GuardOptions;
  /** The rules where no token is set. */
  readonly #open: Access;

  constructor(options: GuardOptions) {
    this.#options = options;
    this.#open = access(options.settings);
  }

  /** Whether the caller may see details. */
  mayRead({ ip, headers }: Asked): Promise<boolean> {
    return this.#passes({ method: 'GET', ip, headers });
  }

  /** Whether the caller may change something, whatever it asks for. */
  mayChange({ ip, headers }: Asked): Promise<boolean> {
    return this.#passes({ method: 'POST', ip, headers });
  }

  async #passes(asked: Asked): Promise<boolean> {
    try {
      await this.check(asked, false);
      return true;
    } catch (error) {
      if (error instanceof HttpProblem) return false;
      throw error;
    }
  }

  /**
   * `isAllowed`: a form of a page, whose act is allowed by `act`, or a request that changes nothing. What else changes
   * something needs the token in its header, which no page of another site can send.
   * @throws HttpProblem 401 for nobody that is known, 403 for what they may not
   */
  async check(asked: Asked, isAllowed: boolean): Promise<void> {
    const harmless = isAllowed || reading.has(asked.method);
    if (!this.needsToken()) {
      return this.#open.check({ method: harmless ? 'GET' : asked.method, ip: asked.ip, headers: asked.headers });
    }
    const who = await this.#who(asked);
    if (who === null || (!harmless && who.by !== 'token')) {
      throw new HttpProblem(401, unauthorized, 'this needs the token');
    }
    if (!harmless && who.role !== 'act') throw new HttpProblem(403, mayOnlyRead, 'this token may only read');
  }

  needsToken(): boolean {
    return this.#options.settings().token !== null;
  }

  async visit(asked: Asked): Promise<Visit> {
    const who = await this.#who(asked);
    const known = cookieValue(asked.headers.cookie, browserCookie);
    const browser = known ?? randomBytes(16).toString('base64url');
    const cookies = known === null ? [this.#cookie(browserCookie, browser)] : [];
    const { session = null } = who ?? {};
    // Who works with the pages stays signed in.
    const isOld = session !== null && this.#options.now() - session.startedAt > sessionMs / 2;
    if (isOld) cookies.push(await this.#sessionCookie(session));
    return { viewer: viewerOf(who), csrf: this.#csrf(who, browser), cookies };
  }

  async act(asked: Asked, fields: URLSearchParams): Promise<AllowedAct> {
    const who = await this.#who(asked);
    if (who === null) throw new HttpProblem(401, unauthorized, 'this needs a login');
    this.#checkForm(asked, fields, who);
    if (who.role !== 'act') throw new HttpProblem(403, mayOnlyRead, 'you may read, and change nothing');
    if (who.name !== null) return { kind: 'by', by: who.name, cookies: [] };
    const name = personName(fields.get(nameField));
    if (name === null) return { kind: 'nameless' };
    return { kind: 'by', by: name, cookies: [this.#nameCookie(name)] };
  }

  async signIn(asked: Asked, given: { readonly name: string; readonly token: string }): Promise<SignIn> {
    const { settings, now } = this.#options;
    checkOrigin(asked, settings());
    const name = personName(given.name);
    if (!this.needsToken())
      return name === null ? { kind: 'wrong' } : { kind: 'in', cookies: [this.#nameCookie(name)] };
    const { tries, from } = this.#triesOf(asked);
    const ms = tries.wait(from, now());
    if (ms > 0) return { kind: 'wait', ms };
    const role = roleOf(given.token, tokensOf(settings()));
    if (role === null) tries.failed(from, now());
    if (role === null || name === null) return { kind: 'wrong' };
    return { kind: 'in', cookies: [await this.#sessionCookie({ name, role }), this.#knownCookie(asked)] };
  }

  async signOut(asked: Asked, fields: URLSearchParams): Promise<readonly string[]> {
    const who = await this.#who(asked);
    this.#checkForm(asked, fields, who);
    if (who?.session) this.#options.sessions.end(who.session);
    return [expireCookie(sessionCookie), expireCookie(nameCookie)];
  }

  /** Strangers, and all who come by the same proxy, share their tries; a browser that is known has its own. */
  #triesOf(asked: Asked): { readonly tries: TryLimit; readonly from: string } {
    const known = this.#known(asked);
    if (known === null) return { tries: this.#options.tries, from: triesFrom(asked.ip) };
    return { tries: this.#options.knownTries, from: known };
  }

  #known(asked: Asked): string | null {
    const [id = '', seal = ''] = (cookieValue(asked.headers.cookie, knownCookie) ?? '').split('.');
    return isSame(seal, this.#options.sessions.sign(`browser ${id}`)) ? id : null;
  }

  #knownCookie(asked: Asked): string {
    const id = this.#known(asked) ?? randomBytes(16).toString('base64url');
    return this.#cookie(knownCookie, `${id}.${this.#options.sessions.sign(`browser ${id}`)}`, yearSeconds);
  }

  #who(asked: Asked): Promise<Who | null> {
    const { settings, sessions, now } = this.#options;
    return whoAsks(asked, settings(), sessions, now());
  }

  /** The secret of a browser's forms. */
  #csrf(who: Who | null, browser: string): string {
    const { sessions } = this.#options;
    return sessions.sign(who?.session ? `form ${who.session.id}` : `form of ${who?.by ?? 'nobody'} ${browser}`);
  }

  #checkForm(asked: Asked, fields: URLSearchParams, who: Who | null): void {
    checkOrigin(asked, this.#options.settings());
    const browser = cookieValue(asked.headers.cookie, browserCookie) ?? '';
    const isTied = browser !== '' || who?.session != null;
    if (!isTied || !isSame(fields.get('csrf') ?? '', this.#csrf(who, browser))) {
      throw new HttpProblem(403, forgedForm, 'the form is not one of a page that you have open');
    }
  }

  async #sessionCookie(session: Parameters<Sessions['begin']>[0]): Promise<string> {
    const { settings, sessions, now } = this.#options;
    const sealed = await sessions.begin(session, tokensOf(settings()), now());
    return this.#cookie(sessionCookie, sealed, sessionMs / 1000);
  }

  #nameCookie(name: string): string {
    return this.#cookie(nameCookie, name, yearSeconds);
  }

  /** Over TLS alone, where people come by it alone. */
  #cookie(name: string, value: string, maxAge?: number): string {
    const { publicUrl } = this.#options.settings();
    const secure = publicUrl !== null && new URL(publicUrl).protocol === 'https:';
    return setCookie(name, value, maxAge === undefined ? { secure } : { secure, maxAge });
  }
}

function viewerOf(who: Who | null): Visit['viewer'] {
  const named = who?.by === 'reach' && who.name !== null;
  return { name: who?.name ?? null, mayAct: who?.role === 'act', signedIn: who?.by === 'session' || named };
}

/**
 * A form comes from a page of ours: browsers say from where (Fetch Standard, "append a request Origin header"). A proxy
 * may give us another Host than people see: then it is that of health.public_url.
 */
function checkOrigin({ headers }: Asked, { publicUrl }: PeopleSettings): void {
  const { origin, host } = headers;
  const own = publicUrl === null ? null : new URL(publicUrl).origin;
  const fits =
    origin === undefined
      ? headers['sec-fetch-site'] === 'same-origin'
      : origin === own || (URL.canParse(origin) && new URL(origin).host === host?.toLowerCase());
  if (!fits) throw new HttpProblem(403, forgedForm, `the form comes from another page than one of ${hostName(host)}`);
}
