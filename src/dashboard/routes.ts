import type { Act, Page } from './frame/handlers.ts';

/** Each is loaded when it is first asked for: who never opens a page pays for none. */
export const pages: Readonly<Record<string, () => Promise<Page>>> = {
  '/': async () => (await import('./pages/now.ts')).nowPage,
  '/i/:id': async () => (await import('./pages/incident.ts')).incidentPage,
  '/i/:id/ask': async () => (await import('./pages/ask.ts')).askPage,
  '/i/:id/asked/:ask': async () => (await import('./pages/asked.ts')).askedPage,
  '/not-told': async () => (await import('./pages/not-told.ts')).notToldPage,
  '/silences': async () => (await import('./pages/silences.ts')).silencesPage,
  '/search': async () => (await import('./pages/search.ts')).searchPage,
  '/clusters': async () => (await import('./pages/clusters.ts')).clustersPage,
  '/clusters/:name': async () => (await import('./pages/cluster.ts')).clusterPage,
};

/** What forms are sent to, by POST. */
export const acts: Readonly<Record<string, () => Promise<Act>>> = {
  '/i/:id/ack': async () => (await import('./acts/incident-acts.ts')).acknowledge,
  '/i/:id/resolve': async () => (await import('./acts/incident-acts.ts')).resolve,
  '/i/:id/rerun': async () => (await import('./acts/incident-acts.ts')).rerun,
  '/i/:id/silence': async () => (await import('./acts/answer-acts.ts')).silence,
  '/i/:id/feedback': async () => (await import('./acts/answer-acts.ts')).feedback,
  '/i/:id/ask': async () => (await import('./acts/ask-act.ts')).ask,
  '/silences': async () => (await import('./acts/silence-acts.ts')).makeSilence,
  '/silences/:id/end': async () => (await import('./acts/silence-acts.ts')).endSilence,
};
