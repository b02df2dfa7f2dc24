import type { IncomingHttpHeaders } from 'node:http';

/* Who looks at the pages, and what they may do. The HTTP server finds out, the pages show it. */

export const roles = ['read', 'act'] as const;
/** `read` sees everything and changes nothing. */
export type Role = (typeof roles)[number];

export interface Viewer {
  /** Shown beside what they do; null while nobody has said it. */
  readonly name: string | null;
  readonly mayAct: boolean;
  /** By a session, or by a name that was given: both can be ended here. A person whom a proxy names has neither. */
  readonly signedIn: boolean;
}

/** What of a request decides who asks. */
export interface Asked {
  readonly method: string;
  /** The address at the other end of its connection. */
  readonly ip: string;
  readonly headers: IncomingHttpHeaders;
}

/** One request of a browser. */
export interface Visit {
  readonly viewer: Viewer;
  /** Must come back with each act. */
  readonly csrf: string;
  /** Values of `Set-Cookie` that go with the answer. */
  readonly cookies: readonly string[];
}

/** An act that is allowed: whose name stands beside it, and cookies that go with the answer. */
export type AllowedAct =
  | { readonly kind: 'by'; readonly by: string; readonly cookies: readonly string[] }
  /** Nobody has said a name yet: the act is done when it comes again with one in the field `nameField`. */
  | { readonly kind: 'nameless' };

/** The field of a form in which somebody says a name who needs no token. */
export const nameField = 'your_name';

export type SignIn =
  | { readonly kind: 'in'; readonly cookies: readonly string[] }
  | { readonly kind: 'wrong' }
  /** Too many tries: none is looked at for so long, ms. */
  | { readonly kind: 'wait'; readonly ms: number };

/** What the pages ask of who guards the server. Requests that may not read were refused before, but at addresses that are open. */
export interface PageGate {
  /** Whether they may see anything: what is refused at an open address is told to everybody. */
  mayRead(asked: Asked): Promise<boolean>;
  /** Whether people sign in with a token; without one they give a name alone. */
  needsToken(): boolean;
  visit(asked: Asked): Promise<Visit>;
  /** `fields`: of the form that was sent. Rejects with the refusal of an act that is not allowed. */
  act(asked: Asked, fields: URLSearchParams): Promise<AllowedAct>;
  /** Rejects when the form is not one of ours. */
  signIn(asked: Asked, given: { readonly name: string; readonly token: string }): Promise<SignIn>;
  /** Cookies that end the session. Rejects when the form is not one of ours. */
  signOut(asked: Asked, fields: URLSearchParams): Promise<readonly string[]>;
}
