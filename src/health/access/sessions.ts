import { createHmac, randomUUID } from 'node:crypto';
import { errors, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import { type Role, roles } from '../../domain/people/viewer.ts';

export interface Session {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  /** Ms since the epoch. */
  readonly startedAt: number;
  readonly endsAt: number;
}

/** What people sign in with now; null for what is not configured. */
export type Tokens = Readonly<Record<Role, string | null>>;

/** Ids of logins that were ended before their time. */
export interface EndedSessions {
  has(id: string): boolean;
  /** `until`: nobody has one of this id that holds longer, ms since the epoch. */
  add(id: string, until: number): void;
}

/** Logins as signed tokens (RFC 7519) that browsers keep: nothing is stored here but those that were ended early. */
export interface Sessions {
  /** A new one, as it is sent; `id`: of the one that it renews. `now` in ms since the epoch. */
  begin(who: Pick<Session, 'name' | 'role'> & { readonly id?: string }, tokens: Tokens, now: number): Promise<string>;
  /** Null for one that does not hold: forged, over, ended, or of a token that has changed since. */
  read(sealed: string, tokens: Tokens, now: number): Promise<Session | null>;
  end(session: Session): void;
  /** A text that nobody can make who does not have the key. */
  sign(text: string): string;
}

/** How long a login holds without being used, ms. */
export const sessionMs = 12 * 3_600_000;

const typ = 'nightcrier-session';
const claims = z.object({
  sub: z.string(),
  role: z.enum(roles),
  jti: z.string(),
  of: z.string(),
  iat: z.number(),
  exp: z.number(),
});

/** `key`: 32 random bytes that nobody else has. */
export function createSessions(key: Uint8Array, ended: EndedSessions): Sessions {
  const sign = (text: string): string => createHmac('sha256', key).update(text).digest('base64url');
  // A login ends when its token is another one; nobody can find the token by it who does not have the key.
  const mark = (role: Role, tokens: Tokens): string => sign(`token ${role} ${tokens[role] ?? ''}`);
  return {
    sign,
    begin: ({ name, role, id = randomUUID() }, tokens, now) =>
      new SignJWT({ role, of: mark(role, tokens) })
        .setProtectedHeader({ alg: 'HS256', typ })
        .setSubject(name)
        .setJti(id)
        .setIssuedAt(seconds(now))
        .setExpirationTime(seconds(now + sessionMs))
        .sign(key),
    read: async (sealed, tokens, now) => {
      const payload = await verified(sealed, key, now);
      if (payload === null || tokens[payload.role] === null) return null;
      if (payload.of !== mark(payload.role, tokens) || ended.has(payload.jti)) return null;
      const { jti: id, sub: name, role, iat, exp } = payload;
      return { id, name, role, startedAt: iat * 1000, endsAt: exp * 1000 };
    },
    // It may have been renewed since, in another cookie, while it held.
    end: ({ id, endsAt }) => ended.add(id, endsAt + sessionMs),
  };
}

async function verified(sealed: string, key: Uint8Array, now: number): Promise<z.infer<typeof claims> | null> {
  try {
    const { payload } = await jwtVerify(sealed, key, { algorithms: ['HS256'], typ, currentDate: new Date(now) });
    return claims.safeParse(payload).data ?? null;
  } catch (error) {
    if (error instanceof errors.JOSEError) return null;
    throw error;
  }
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000);
}
