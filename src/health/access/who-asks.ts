import { BlockList, isIP } from 'node:net';
import type { Asked, Role } from '../../domain/people/viewer.ts';
import { cookieValue } from '../../lib/http/cookies.ts';
import { oneLine } from '../../lib/text.ts';
import type { PeopleProxy } from '../config.ts';
import { type AccessOptions, bearerOf, hostName, isOurs, isSame, isThisMachine, mayChange } from './access.ts';
import type { Session, Sessions, Tokens } from './sessions.ts';

export interface PeopleSettings extends AccessOptions {
  readonly readToken: string | null;
  readonly proxy: PeopleProxy | null;
}

/** `reach`: there is no token, and they reach the port. `token`: by a header, a program as a rule. */
export interface Who {
  readonly by: 'token' | 'session' | 'proxy' | 'reach';
  readonly role: Role;
  readonly name: string | null;
  readonly session: Session | null;
}

export const sessionCookie = 'nightcrier_session';
/** Of people who need no token: nobody checks it. */
export const nameCookie = 'nightcrier_name';

/** Who asks, null when they have shown nothing by which they may. `now` in ms since the epoch. */
export async function whoAsks(
  asked: Asked,
  settings: PeopleSettings,
  sessions: Sessions,
  now: number,
): Promise<Who | null> {
  const { headers } = asked;
  if (settings.token === null) {
    const name = personName(cookieValue(headers.cookie, nameCookie));
    return { by: 'reach', role: mayChange(asked, settings) ? 'act' : 'read', name, session: null };
  }
  // Who sends a token is who has it, or nobody.
  if (headers.authorization !== undefined) return ofToken(bearerOf(headers), settings);
  const sealed = cookieValue(headers.cookie, sessionCookie);
  const session = sealed === null ? null : await sessions.read(sealed, tokensOf(settings), now);
  if (session !== null) return { by: 'session', role: session.role, name: session.name, session };
  return ofProxy(asked, settings);
}

/** What people sign in with. */
export function tokensOf({ token, readToken }: Pick<PeopleSettings, 'token' | 'readToken'>): Tokens {
  return { act: token, read: readToken };
}

/** What a token allows, null when it is none of ours. Every token is compared, whichever fits. */
export function roleOf(given: string, tokens: Tokens): Role | null {
  const fits = { act: isSame(given, tokens.act ?? ''), read: isSame(given, tokens.read ?? '') };
  if (fits.act && tokens.act) return 'act';
  return fits.read && tokens.read ? 'read' : null;
}

/** A name as it is shown and kept, null when it is none. */
export function personName(text: string | null): string | null {
  const name = oneLine(text ?? '', 100);
  return name === '' ? null : name;
}

function ofToken(given: string | null, settings: PeopleSettings): Who | null {
  const role = given === null ? null : roleOf(given, tokensOf(settings));
  return role === null ? null : { by: 'token', role, name: null, session: null };
}

/** Whom the proxy names: its header counts from its own address alone. */
function ofProxy({ ip, headers }: Asked, settings: PeopleSettings): Who | null {
  const { proxy } = settings;
  if (proxy === null || !isWithin(ip, proxy.from)) return null;
  // A page in a browser of this machine could send the header too, under a name of its own that leads here (DNS rebinding).
  if (isThisMachine(ip) && !isOurs(hostName(headers.host), settings)) return null;
  const said = headers[proxy.header.toLowerCase()];
  // Twice the same header: the proxy adds its own to what the client has sent, and nobody can tell which is whose.
  if (typeof said !== 'string' || said.includes(',')) return null;
  const name = personName(said);
  if (name === null) return null;
  const role = proxy.role === 'act' || proxy.act.includes(name) ? 'act' : 'read';
  return { by: 'proxy', role, name, session: null };
}

/** Whether an address is one of these, or in one of these ranges; a dual-stack socket writes IPv4 as IPv6. */
function isWithin(ip: string, ranges: readonly string[]): boolean {
  const address = ip.replace(/^::ffff:/i, '');
  const list = new BlockList();
  for (const range of ranges) {
    const [base = '', bits] = range.split('/');
    const family = isIP(base) === 6 ? 'ipv6' : 'ipv4';
    list.addSubnet(base, bits === undefined ? (family === 'ipv6' ? 128 : 32) : Number(bits), family);
  }
  const family = isIP(address);
  return family !== 0 && list.check(address, family === 6 ? 'ipv6' : 'ipv4');
}
