import type { Act, Page } from './frame/handlers.ts';

/** Each is loaded when it is first asked for: who never opens a page pays for none. */
export const pages: Readonly<Record<string, () => Promise<Page>>> = {
  '/': async () => (await import('./pages/now.ts')).nowPage,
};

/** What forms are sent to, by POST. */
export const acts: Readonly<Record<string, () => Promise<Act>>> = {};
