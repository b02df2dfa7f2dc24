import fc from 'fast-check';
import type { IncidentAct } from '../../src/domain/people/incident-act.ts';
import type { Reopening } from '../../src/domain/people/reopening.ts';
import type { IncidentStatus } from '../../src/domain/records.ts';
import type { DeliveryClaim } from '../../src/domain/state-store.ts';
import { sampleClaim, sampleNotice } from './claim-sample.ts';
import { answeredIncident, sampleFault, sampleResult, sampleRun, sampleTime } from './incident-samples.ts';
import { impactSample } from './impact-sample.ts';
import { sampleMember, sampleView } from './storm-sample.ts';

const bits = [
  ['&', '<', '>', '*', '_', '~', '`', '|', '"', '\\', '\n', '\r\n', ' ', 'word', '#', '- ', '1. '],
  ['<!channel>', '<@U1>', '<at>all</at>', '[click](javascript:alert(1))', '![x](https://evil.example/x.png)'],
  ['{{DATE(2017-02-14T06:08:39Z,SHORT)}}', '{{', '{{{', '${secret}', '@{triggerBody()}', '"}]}'],
  ['\u0000', '\u001b[2J', '\u202e', '\u2028', '\ud800', '\udc00', '😀', '👩‍👩‍👧', 'ﷺ', '中'],
].flat();

const mixed = fc.array(fc.constantFrom(...bits), { maxLength: 40 }).map((parts) => parts.join(''));
const long = fc
  .tuple(mixed, fc.constantFrom(1, 50, 3000))
  .map(([text, times]) => (text === '' ? '😀' : text).repeat(times).slice(0, 50_000));

/** Whatever a cluster or a person may have written. */
const hostileText = fc.oneof(
  mixed,
  long,
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.constant('中'.repeat(50_000)),
);

const statuses: readonly IncidentStatus[] = ['open', 'investigating', 'reported', 'resolved', 'failed', 'skipped'];

/** Messages of incidents, storms and fleets that are made of such texts, in any state, told before or not. */
export const hostileClaims = fc
  .record({
    text: hostileText,
    name: hostileText,
    status: fc.constantFrom(...statuses),
    cause: fc.option(hostileText),
    items: fc.integer({ min: 0, max: 60 }),
    isFault: fc.boolean(),
    told: fc.constantFrom(null, 'open', 'reported', 'resolved'),
    group: fc.constantFrom('none', 'storm', 'fleet'),
    uncertain: fc.boolean(),
  })
  .map(claimOf);

interface Words {
  readonly text: string;
  readonly name: string;
  readonly status: IncidentStatus;
  readonly cause: string | null;
  readonly items: number;
  readonly isFault: boolean;
  readonly told: string | null;
  readonly group: 'none' | 'storm' | 'fleet';
  readonly uncertain: boolean;
}

function claimOf(words: Words): DeliveryClaim {
  const { text, name, status, cause, items, isFault, told, uncertain } = words;
  const list = Array.from({ length: items }, () => text);
  const nextSteps = list.map((item) => ({ text: item, command: name, reversible: false, undo: `kubectl ${text}` }));
  const summary = { evidence: list, nextSteps, claimsBacked: items, claims: items, missing: list };
  const said = { isFault, cause, agent: name, error: text, defects: [text], outcome: 'fallback', summary } as const;
  const incident = answeredIncident({
    status,
    cause,
    cluster: name === '' ? 'c' : name,
    environment: text,
    labels: Object.fromEntries(list.map((value, index) => [`${index}${name.slice(0, 100)}`, value])),
    owner: { kind: name, namespace: text, name, certain: false },
    statusReason: text,
    report: `/${name}`,
    title: text,
    titleFault: { faultType: `${name}0`, severity: 'critical', firstSeen: sampleTime },
    resolvedAt: status === 'resolved' || status === 'skipped' ? sampleTime + 1000 : null,
    impact: impactSample({
      workloads: [{ object: text, ready: 0, pods: 3 }],
      services: list.map((object) => ({ object, endpoints: 0 })),
      serves: false,
    }),
    acknowledged: told === 'reported' ? { by: name, at: sampleTime + 500, comment: text } : null,
    ...(told === 'resolved' ? { reopened: 1, reopenings: [reopeningOf(words)] } : {}),
  });
  const faults = Array.from({ length: 5 }, (_, index) => sampleFault({ faultType: `${name}${index}`, context: text }));
  const runs = [sampleRun({ requestedBy: name, result: sampleResult(said) })];
  const claim = { ...sampleClaim({ incident, faults, runs }, { uncertain }), acts: actsOf(words, incident.id) };
  const previous = told === null ? null : { ...claim.delivery, id: 'dlv_0', state: told, createdAt: sampleTime };
  return { ...claim, previous, ...groupOf(words, incident.id) };
}

/** What a person did with it: called it over, wanted it run again, and said why. */
function actsOf({ text, name }: Words, incidentId: string): readonly IncidentAct[] {
  const by = { incidentId, by: name, comment: text, done: true } as const;
  return [
    { ...by, id: 'act_1', kind: 'resolve', at: sampleTime + 1000, runId: null },
    { ...by, id: 'act_2', kind: 'rerun', at: sampleTime + 2000, runId: sampleRun().id },
  ];
}

function reopeningOf({ text, name }: Words): Reopening {
  const resource = { kind: name, namespace: text, name };
  const ended = { endReason: `by ${name}`, endedAt: sampleTime + 1000 };
  return { at: sampleTime + 1500, faultType: name, resource, goesOn: true, ...ended };
}

function groupOf({ text, name, group, items }: Words, lead: string): Pick<DeliveryClaim, 'storm' | 'fleet'> {
  if (group === 'storm') {
    const owner = { kind: name, namespace: text, name, certain: true };
    const members = Array.from({ length: items }, (_, index) => sampleMember(index, { owner, faultType: name }));
    const left = Array.from({ length: items }, (_, index) => ({
      incidentId: `inc_${index}`,
      title: text,
      state: 'answered' as const,
      cause: name,
      reportedAt: sampleTime,
    }));
    return { storm: { ...sampleView(items + 2), members, left } };
  }
  if (group === 'none') return {};
  const members = Array.from({ length: items }, (_, index) => ({
    incidentId: index === 0 ? lead : `inc_${index}`,
    cluster: `${index}${name}`,
    status: 'reported' as const,
    title: text,
    cause: name,
    joinedAt: sampleTime + index,
  }));
  return { fleet: { id: 'flt_1', signature: `registry ${text}`, lead, members } };
}

/** Notices of every kind that are made of such texts. */
export const hostileNotices = fc
  .record({
    kind: fc.constantFrom(
      'first_contact',
      'clusters_unreachable',
      'clusters_back',
      'agent_degraded',
      'agent_recovered',
    ),
    detail: hostileText,
    clusters: fc.array(hostileText, { maxLength: 60 }),
    key: hostileText,
  })
  .map(({ kind, detail, clusters, key }) =>
    sampleNotice(kind, { detail, clusters, key: `n${key}`, answers: { key: `n${key}`, stillUnreachable: 0 } }),
  );
