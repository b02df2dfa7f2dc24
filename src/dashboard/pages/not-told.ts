import { html, later, type View } from '../../html/html.ts';
import { momentTag, timeTag } from '../../html/time.ts';
import { type NotToldOutcome, notToldOutcomes, type Silence } from '../../domain/fault.ts';
import type { Reception } from '../../domain/records.ts';
import { silencesOfRules } from '../../domain/silence/silences.ts';
import type { ListedFault } from '../../domain/state-store.ts';
import { oneLine } from '../../lib/text.ts';
import type { Page } from '../frame/handlers.ts';
import type { PageContext } from '../frame/page.ts';
import { clusterPath } from '../parts/fleet.ts';
import { incidentPath } from '../parts/incident-row.ts';
import { pager } from '../parts/pager.ts';
import { severityMark } from '../parts/severity.ts';

const rows = 50;
type Kind = NotToldOutcome | 'pending';
const kinds: readonly Kind[] = ['pending', ...notToldOutcomes];

const kindNames: Readonly<Record<Kind, string>> = {
  pending: 'waits',
  below_threshold: 'below the threshold',
  triage_disabled: 'triage is off',
  muted: 'silenced',
  throttled: 'too many',
  invalid: 'not readable',
  self_resolved: 'passed by itself',
};

/** `/not-told?cluster=&outcome=&before=`: every fault that reached nobody, with the rule in words. */
export const notToldPage: Page = async (context, { history, reader }) => {
  const { query } = context;
  const asked = { cluster: oneLine(query.get('cluster') ?? '', 63), outcome: kindNamed(query.get('outcome')) };
  const before = query.get('before') ?? '';
  const { items, next } = await history.notTold({
    limit: rows,
    ...(asked.cluster !== '' && { cluster: asked.cluster }),
    ...(asked.outcome !== null && { outcome: asked.outcome }),
    ...(before !== '' && { before }),
  });
  const ids = silencesOfRules(items.map(({ reception }) => reception.rule));
  const silences = ids.length === 0 ? [] : await reader.silences({ ids });
  return {
    title: 'Not told',
    section: 'Not told',
    // Who looks at older ones is not carried away by new ones.
    live: before === '' ? ['fault'] : [],
    main: html`<h1>Not told</h1>
      <p class="meta">Every fault that reached nobody, newest first, and the rule that held it back.</p>
      ${filters(asked)} ${list(items, silences, context)} ${pager({ path: '/not-told', query, name: 'before', next })}`,
  };
};

interface Asked {
  readonly cluster: string;
  readonly outcome: Kind | null;
}

function kindNamed(text: string | null): Kind | null {
  return kinds.find((kind) => kind === text) ?? null;
}

function filters({ cluster, outcome }: Asked) {
  return html`<form class="filters" method="get" action="/not-told">
    <label
      >Cluster <input name="cluster" value=${cluster} maxlength="63" autocomplete="off" spellcheck="false"
    /></label>
    <label>
      Held back because
      <select name="outcome">
        <option value="">of anything</option>
        ${kinds.map((kind) => html`<option value=${kind} selected=${kind === outcome}>${kindNames[kind]}</option>`)}
      </select>
    </label>
    <button>Show</button>
  </form>`;
}

function list(items: readonly ListedFault[], silences: readonly Silence[], { now }: PageContext): View {
  if (items.length === 0) {
    return html`<p class="empty"><b>Nothing was held back.</b>Of each fault that is kept somebody was told.</p>`;
  }
  return html`<ol class="rows">
    ${items.map((item) => later(() => row(item, silences, now)))}
  </ol>`;
}

function row({ reception, episode }: ListedFault, silences: readonly Silence[], now: number) {
  const { cluster, signal, invalid, at, outcome, incidentId } = reception;
  const said = oneLine(signal?.context ?? invalid?.excerpt ?? '', 200);
  const silence = silences.find(({ id }) => reception.rule?.endsWith(`silence: ${id}`)) ?? null;
  const title = html`<span class="object">${titleOf(reception)}</span>`;
  return html`<li class="row" data-row>
    ${signal === null ? html`<span class="chip">${kindNames[outcomeKind(outcome)]}</span>` : severityMark(signal.severity)}
    <div>
      ${incidentId === null ? title : html`<a class="object" href=${incidentPath(incidentId)}>${titleOf(reception)}</a>`}
      <p>${reasonOf(reception, { silence, pendingUntil: episode?.pendingUntil ?? null, now })}</p>
      ${said === '' ? null : html`<p class="cause">${said}</p>`}
    </div>
    <div class="place"><a href=${clusterPath(cluster)}>${cluster}</a></div>
    <div class="since">${timeTag(at, now)}</div>
  </li>`;
}

function outcomeKind(outcome: Reception['outcome']): Kind {
  return kindNamed(outcome) ?? 'pending';
}

function titleOf({ signal, count, outcome }: Reception): string {
  if (signal !== null) {
    const { kind, namespace, name } = signal.resource;
    return oneLine(`${signal.faultType} · ${namespace === null ? '' : `${namespace}/`}${name} (${kind})`, 200);
  }
  if (outcome === 'invalid') return 'A notification that names no fault';
  return count === 1 ? 'A notification' : `${count} notifications`;
}

interface Facts {
  readonly silence: Silence | null;
  readonly pendingUntil: number | null;
  readonly now: number;
}

/** Why nobody was told, and what would change that. The rule stands as the store has it, in its own words. */
function reasonOf(reception: Reception, { silence, pendingUntil, now }: Facts): View {
  const { invalid, signal } = reception;
  const rule = html`<code>${oneLine(reception.rule ?? 'no rule is kept', 200)}</code>`;
  switch (outcomeKind(reception.outcome)) {
    case 'below_threshold':
      return html`Its severity is below the threshold of the cluster, ${rule}.`;
    case 'triage_disabled':
      return html`Triage is off for the cluster: ${rule}. Its page says how it is turned on.`;
    case 'muted':
      return html`Silenced: ${silence === null ? rule : silenceWords(silence, now)}. It is told when that ends and it
      still stands.`;
    case 'throttled':
      return signal === null
        ? html`Over the limit ${rule}: only counted. A sweep finds what stands and tells of it.`
        : html`Over the limit ${rule}: it is told when others have cleared and it still stands.`;
    case 'invalid':
      return html`It could not be read as a fault: ${oneLine(invalid?.reason ?? reception.rule ?? '', 300)}.`;
    case 'self_resolved':
      return html`It passed by itself before anybody was told: ${rule}.`;
    case 'pending':
    default:
      return pendingUntil === null
        ? 'It was just received.'
        : html`It may pass by itself: it is told when it has stood until ${momentTag(pendingUntil)}. ${rule}`;
  }
}

function silenceWords({ author, comment, endsAt }: Silence, now: number): View {
  const until = endsAt === null ? 'until it is taken out of the configuration' : html`until ${timeTag(endsAt, now)}`;
  const why = comment === '' ? '' : ` (${oneLine(comment, 200)})`;
  return html`<a href="/silences">by ${oneLine(author, 100)}</a>${why}, ${until}`;
}
