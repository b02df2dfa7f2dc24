import type { Act, Page } from './frame/handlers.ts';

/** Each is loaded when it is first asked for: who never opens a page pays for none. */
export const pages: Readonly<Record<string, () => Promise<Page>>> = {
  '/': async () => (await import('./pages/now.ts')).nowPage,
};

/** What forms are sent to, by POST. */
export const acts: Readonly<Record<string, () => Promise<Act>>> = {
  '/i/:id/ack': async () => (await import('./acts/incident-acts.ts')).acknowledge,
  '/i/:id/resolve': async () => (await import('./acts/incident-acts.ts')).resolve,
  '/i/:id/rerun': async () => (await import('./acts/incident-acts.ts')).rerun,
};
