import { expect, test } from 'vitest';
import { withFreshLinks } from '../../../src/storage/artifacts/fresh-links.ts';
import type { Incident } from '../../../src/domain/records.ts';
import type { DeliveryClaim, IncidentDetail } from '../../../src/domain/state-store.ts';

const address = 'https://abc.blob.core.windows.net/reports/prod/inc_1/index.html';

/** Rows with this report, as a store gives them. */
function storeWith(report: string | null) {
  const incident = { id: 'inc_1', report } as Incident;
  const detail: IncidentDetail = { incident, faults: [], runs: [] };
  const claims = [{ incident }, { incident: null }] as unknown as DeliveryClaim[];
  return {
    claimDeliveries: (..._asked: unknown[]) => Promise.resolve(claims),
    incident: (id: string) => Promise.resolve(id === 'inc_1' ? detail : null),
    incidents: (_query: object) => Promise.resolve({ items: [detail], next: 'more' }),
    other: 'kept',
  };
}

const sign = { link: (report: string) => Promise.resolve(`${report}?sig=now`) };

async function seen(report: string | null, link: typeof sign) {
  const store = withFreshLinks(storeWith(report), link);
  const claims = await store.claimDeliveries('slack', 1, 0);
  const page = await store.incidents({ limit: 1 });
  const detail = await store.incident('inc_1');
  expect([store.other, page.next, claims[1]?.incident]).toEqual(['kept', 'more', null]);
  expect(await store.incident('inc_2')).toBeNull();
  return [claims[0]?.incident?.report, page.items[0]?.incident.report, detail?.incident.report];
}

test('STO-1: messages and the API get a link that was signed when they asked', async () => {
  expect(await seen(address, sign)).toEqual(Array(3).fill(`${address}?sig=now`));
});

test('STO-1: an incident without a report has no link', async () => {
  expect(await seen(null, sign)).toEqual(Array(3).fill(null));
});

test('STO-1: when nothing can be signed the address stays as it is', async () => {
  expect(await seen(address, { link: () => Promise.reject(new Error('no key')) })).toEqual(Array(3).fill(address));
});
