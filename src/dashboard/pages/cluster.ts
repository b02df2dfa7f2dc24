import { html, later, type View } from '../../html/html.ts';
import { momentTag, timeTag } from '../../html/time.ts';
import type { AgentBudget, DailySpend } from '../../domain/agent-limits.ts';
import type { ClusterStatus } from '../../domain/cluster-status.ts';
import { dayOf } from '../../domain/decide/budget.ts';
import type { FaultSignal } from '../../domain/fault.ts';
import type { PermissionSnapshot } from '../../domain/permissions.ts';
import type { ListedFault } from '../../domain/state-store.ts';
import { spokenUsd } from '../../lib/format.ts';
import { oneLine, plural } from '../../lib/text.ts';
import { objectName } from '../../report/evidence/objects.ts';
import type { Page } from '../frame/handlers.ts';
import { connectionSection } from '../parts/connection.ts';
import { clusterMark, connectionWords, fleetOf } from '../parts/fleet.ts';
import { faultsOverTime } from '../parts/faults-over-time.ts';
import { incidentPath, incidentRow } from '../parts/incident-row.ts';
import { problemList } from '../parts/problems.ts';

const maxIncidents = 50;
const maxFaults = 30;

/** `/clusters/NAME`: one cluster, how it is heard, what may be read there, and what is wrong in it. */
export const clusterPage: Page = async (context, options, { name = '' }) => {
  const { now } = context;
  const { directory, history, reader, problems, budget } = options;
  const status = directory.statuses().find(({ cluster }) => cluster === name);
  if (status === undefined) return null;
  const [counts, standing, faults, spent, spans, all, picture] = await Promise.all([
    history.standingCounts(name),
    history.standing({ cluster: name, limit: maxIncidents, at: now }),
    reader.faults({ cluster: name, limit: maxFaults }),
    reader.spend({ cluster: name, since: dayOf(now).start }),
    history.connectionSpans(name),
    problems(),
    faultsOverTime(history, { now, hours: 24, cluster: name }),
  ]);
  const own = all.filter(({ cluster }) => cluster === name);
  return {
    title: name,
    section: 'Clusters',
    live: ['connection', 'incident', 'fault'],
    main: html`<div class="heading">
        <h1>${name}</h1>
        ${fleetOf([status], counts).map(({ group }) => clusterMark(group))}
      </div>
      ${own.length === 0 ? null : html`<section class="banner" aria-label="Problems">${problemList(own, now)}</section>`}
      ${facts(status, now)}
      <section aria-labelledby="stands">
        <h2 id="stands">What stands</h2>
        ${
          standing.items.length === 0
            ? html`<p class="empty"><b>Nothing stands.</b></p>`
            : html`<ol class="rows">
                ${standing.items.map((one) => later(() => incidentRow(one, context)))}
              </ol>`
        }
        ${standing.next === null ? null : html`<p><a href=${`/?cluster=${encodeURIComponent(name)}`}>All of them</a></p>`}
      </section>
      ${picture} ${permissionsSection(status.permissions)} ${connectionSection(status, spans, now)}
      ${budgetSection(budget(name), spent)} ${faultsSection(name, faults.items, now)}`,
  };
};

function facts(status: ClusterStatus, now: number) {
  const { environment, labels, source, eventCount, lastEvent, lastSweep, triageEnabled, triageDisabledReason } = status;
  const named = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  const triage = triageEnabled ? 'faults are investigated' : `off: ${oneLine(triageDisabledReason ?? '', 300)}`;
  return html`<dl class="facts">
    <dt>Connection</dt>
    <dd>${connectionWords(status, now)}</dd>
    <dt>Heard by</dt>
    <dd>${sources[source]}</dd>
    <dt>Last fault</dt>
    <dd>${lastEvent === null ? 'none yet' : html`${timeTag(lastEvent, now)}, ${plural(eventCount, 'time')} in all`}</dd>
    <dt>Last sweep</dt>
    <dd>${lastSweep === null ? 'none yet' : timeTag(lastSweep, now)}</dd>
    <dt>Triage</dt>
    <dd>${triage}</dd>
    ${
      environment === null
        ? null
        : html`<dt>Environment</dt>
            <dd>${oneLine(environment, 100)}</dd>`
    }
    ${
      named.length === 0
        ? null
        : html`<dt>Labels</dt>
            <dd>${named.map((label) => html`<span class="chip">${oneLine(label, 100)}</span> `)}</dd>`
    }
  </dl>`;
}

const sources: Record<ClusterStatus['source'], string> = {
  push: 'its server, which tells of faults as they happen, and sweeps',
  sweep: 'sweeps alone: faults are found when it is looked at',
  watch: 'a watch of its API, and sweeps',
  none: 'nothing now',
};

const readable = [
  ['can_get_pods', 'pods'],
  ['can_get_logs', 'logs of pods'],
  ['can_get_events', 'events'],
  ['can_get_deployments', 'deployments'],
  ['can_get_services', 'services'],
  ['can_get_nodes', 'nodes'],
  ['can_get_configmaps', 'config maps'],
  ['can_get_secrets', 'secrets'],
] as const satisfies readonly (readonly [keyof PermissionSnapshot, string])[];

/** Both ways: what it needs and lacks, and what it has and does not need. */
function permissionsSection(snapshot: PermissionSnapshot | null): View {
  if (snapshot === null) {
    return html`<section aria-labelledby="may">
      <h2 id="may">What may be read</h2>
      <p class="meta">Nobody has answered yet what the credential may do.</p>
    </section>`;
  }
  const named = (answer: boolean | null): string[] =>
    readable.filter(([key]) => snapshot[key] === answer).map(([, what]) => what);
  const { can_write: writes, error, warnings, validated_at: at } = snapshot;
  const asked = Date.parse(at);
  return html`<section aria-labelledby="may">
    <h2 id="may">What may be read</h2>
    <dl class="facts">
      <dt>It can read</dt>
      <dd>${words(named(true), 'nothing')}</dd>
      <dt>It cannot read</dt>
      <dd>${words(named(false), 'nothing is refused')}</dd>
      ${
        named(null).length === 0
          ? null
          : html`<dt>Unknown</dt>
              <dd>${words(named(null), '')}</dd>`
      }
      <dt>It can change</dt>
      <dd>${words(writes, 'nothing, as it should be')}</dd>
      ${
        Number.isNaN(asked)
          ? null
          : html`<dt>Asked</dt>
              <dd>${momentTag(asked)}</dd>`
      }
      ${
        error === null
          ? null
          : html`<dt>Not answered</dt>
              <dd>${oneLine(error, 500)}</dd>`
      }
    </dl>
    ${
      warnings.length === 0
        ? null
        : html`<ul class="problems">
            ${warnings.slice(0, 20).map((warning) => html`<li>${oneLine(warning, 500)}</li>`)}
          </ul>`
    }
  </section>`;
}

function words(names: readonly string[], none: string): string {
  return names.length === 0
    ? none
    : names
        .slice(0, 50)
        .map((name) => oneLine(name, 100))
        .join(', ');
}

/** What agents spent today, of what they may. */
function budgetSection(budget: AgentBudget | null, spent: readonly DailySpend[]): View {
  const usd = spent.reduce((sum, one) => sum + one.usd, 0);
  const runs = spent.reduce((sum, one) => sum + one.runs, 0);
  const questions = spent.reduce((sum, one) => sum + one.questions, 0);
  const limit = budget === null || budget.usdPerClusterDay === 0 ? null : budget.usdPerClusterDay;
  const hourly = budget === null || budget.runsPerClusterHour === 0 ? null : budget.runsPerClusterHour;
  return html`<section aria-labelledby="budget">
    <h2 id="budget">Agents today</h2>
    <dl class="facts">
      <dt>Runs</dt>
      <dd>${runs}${hourly === null ? null : `, at most ${hourly} an hour`}</dd>
      <dt>Questions</dt>
      <dd>${questions}</dd>
      <dt>Spent</dt>
      <dd>
        ${spokenUsd(usd)}${limit === null ? ', without a limit of its own' : ` of ${spokenUsd(limit)} a day`}
        ${limit === null ? null : html` <meter min="0" max=${limit} value=${Math.min(usd, limit)}>${spokenUsd(usd)}</meter>`}
      </dd>
    </dl>
  </section>`;
}

function faultsSection(name: string, faults: readonly ListedFault[], now: number): View {
  return html`<section aria-labelledby="faults">
    <h2 id="faults">Last faults</h2>
    ${
      faults.length === 0
        ? html`<p class="meta">None was received yet.</p>`
        : html`<table>
              <thead>
                <tr>
                  <th scope="col">When</th>
                  <th scope="col">Fault</th>
                  <th scope="col">What became of it</th>
                </tr>
              </thead>
              <tbody>
                ${faults.map((fault) => faultRow(fault, now))}
              </tbody>
            </table>
            <p><a href=${`/not-told?cluster=${encodeURIComponent(name)}`}>What nobody was told</a></p>`
    }
  </section>`;
}

function faultWords({ faultType, resource: { kind, namespace, name } }: FaultSignal): string {
  return `${faultType} · ${objectName(kind, namespace, name)}`;
}

function faultRow({ reception }: ListedFault, now: number) {
  const { at, signal, outcome, rule, incidentId } = reception;
  const what = signal === null ? 'not understood' : faultWords(signal);
  const became = outcome === null ? 'waits' : outcome.replaceAll('_', ' ');
  return html`<tr>
    <td class="short" data-label="When">${timeTag(at, now)}</td>
    <td data-label="Fault">${oneLine(what, 300)}</td>
    <td data-label="What became of it">
      ${incidentId === null ? became : html`<a href=${incidentPath(incidentId)}>${became}</a>`}
      ${rule === null ? null : html` <span class="meta">${oneLine(rule, 200)}</span>`}
    </td>
  </tr>`;
}
