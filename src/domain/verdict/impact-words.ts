import { spokenDuration, utcTime } from '../../lib/format.ts';
import { listed, plural } from '../../lib/text.ts';
import type { Impact, JobImpact, NodeImpact, PodsImpact, RunsImpact } from './impact.ts';

/**
 * An impact as one sentence, true at its `at`: `Nothing serves: 0 of 3 pods of Deployment shop/cart are ready; Service
 * shop/cart has no ready endpoint.` Times are UTC. Names come from clusters and are not yet made safe for any output.
 * `beside`: the object that stands beside the sentence already (`Deployment shop/cart`), and is not named again.
 */
export function impactWords(impact: Impact, beside: string | null = null): string {
  switch (impact.of) {
    case 'pods':
      return podsWords(impact, beside);
    case 'runs':
      return runsWords(impact, impact.object === beside ? '' : ` of ${impact.object}`);
    case 'job':
      return jobWords(impact, impact.object === beside ? 'it' : impact.object);
    case 'node':
      return nodeWords(impact, impact.object === beside ? 'it' : impact.object);
    case 'unknown':
      return `Not known: ${impact.why}.`;
    default:
      return impact satisfies never;
  }
}

/** The same in a few words for the line of a list: `0 of 3 pods ready`; null where it is not known. */
export function impactShort(impact: Impact): string | null {
  switch (impact.of) {
    case 'pods':
      if (impact.pods === 0) return hasNoEndpoint(impact) ? 'no endpoint' : null;
      return `${impact.ready} of ${impact.at_least ? 'at least ' : ''}${plural(impact.pods, 'pod')} ready${impact.ready > 0 && impact.serves === false ? ', no endpoint' : ''}`;
    case 'runs':
      return runsShort(impact);
    case 'job':
      return doneWords(impact);
    case 'node':
      return `${impact.ready} of ${plural(impact.pods, 'pod')} on it ready`;
    case 'unknown':
      return null;
    default:
      return impact satisfies never;
  }
}

function runsShort({ failed, at_least: atLeast }: RunsImpact): string | null {
  if (failed === 0) return null;
  return failed === 1 ? 'the last run failed' : `${atLeast ? 'at least ' : ''}${failed} runs in a row failed`;
}

const hasNoEndpoint = ({ services }: PodsImpact): boolean =>
  services.length > 0 && services.every(({ endpoints }) => endpoints === 0);

function podsWords(impact: PodsImpact, beside: string | null): string {
  const { ready, serves, services, since, crashing, callers, by_design: byDesign } = impact;
  const empty = services.filter(({ endpoints }) => endpoints === 0).map(({ object }) => object);
  const others = services.filter(({ endpoints }) => endpoints > 0);
  const endpoints = [
    ...(empty.length === 0 ? [] : [`${listed(empty, 3)} ${empty.length === 1 ? 'has' : 'have'} no ready endpoint`]),
    ...(ready > 0 ? [] : others.map(({ object }) => `${object} still has ready endpoints`)),
  ];
  const clauses = [
    `${countWords(impact, beside)}${ready === 0 && since !== null ? ` since ${utcTime(since)}` : ''}${revisionWords(impact)}`,
    ...(crashing === 0
      ? []
      : [
          `${crashing === 1 ? 'a container' : 'containers'} of ${crashing} of them keep${crashing === 1 ? 's' : ''} ending`,
        ]),
    ...endpoints,
    ...(callers.length === 0 ? [] : [`calls of ${listed(callers, 3)} to it fail`]),
    ...(byDesign ? ['that is by design'] : []),
  ].filter((clause) => clause !== '');
  const head = serves === null ? '' : serves ? 'Still serves: ' : 'Nothing serves: ';
  return upper(`${head}${clauses.join('; ')}.`);
}

function countWords(impact: PodsImpact, beside: string | null): string {
  const { ready, pods, basis, workloads, workload_count: all, at_least: isCut } = impact;
  const atLeast = isCut ? 'at least ' : '';
  const [first] = workloads;
  if (first === undefined) return '';
  const isBeside = all === 1 && first.object === beside;
  const whose = isBeside ? '' : ` of ${all === 1 ? first.object : `${atLeast}${plural(all, 'workload')}`}`;
  if (pods === 0) return `no pod${whose} is wanted`;
  if (all === 1 && first.object.startsWith('Pod ')) {
    return `${isBeside ? 'it' : first.object} is ${ready === 0 ? 'not ready' : 'ready'}`;
  }
  const read = basis === 'read' ? ` that ${pods === 1 ? 'was' : 'were'} read` : '';
  const counted = `${ready} of ${atLeast}${plural(pods, 'pod')}${read}${whose} ${pods === 1 ? 'is' : 'are'} ready`;
  if (all === 1) return counted;
  const each = workloads.map((one) => `${one.object} ${one.ready} of ${one.pods}`);
  const more = all > each.length ? `, and ${all - each.length} more` : '';
  return `${counted} (${each.join(', ')}${more})`;
}

function revisionWords({ revisions }: PodsImpact): string {
  if (revisions === null || revisions.before === 0) return '';
  const { before, newest } = revisions;
  if (newest > 0) return `, ${before} of the revision before and ${newest} of the new one`;
  return `, ${before === 1 ? '' : 'all '}of the revision before; of the new one none is`;
}

function runsWords(impact: RunsImpact, whose: string): string {
  const { running, suspended } = impact;
  const clauses = [
    ...(impact.failed === 0 ? unfailedClauses(impact, whose) : failedClauses(impact, whose)),
    ...(running ? ['a run is going on'] : []),
    ...(suspended ? ['it is suspended, so no run starts'] : []),
  ];
  return upper(`${clauses.join('; ')}.`);
}

function unfailedClauses(impact: RunsImpact, whose: string): readonly string[] {
  const { scheduled_at: later = null, running } = impact;
  const success = successWords(impact);
  const unknown = later === null || running ? [] : [`how the run of ${utcTime(later)} ended is not kept`];
  if (success === null) return [`no run${whose} is known to have ended`, ...unknown];
  if (later === null) return [`the last run${whose} succeeded ${success}`];
  return [`the last run${whose} that is known to have succeeded ended ${success}`, ...unknown];
}

function failedClauses(impact: RunsImpact, whose: string): readonly string[] {
  const { failed, at_least: atLeast, since } = impact;
  const first = since === null ? '' : `, the first began ${utcTime(since)}`;
  const success = successWords(impact);
  return [
    failed === 1
      ? `the last run${whose} failed`
      : `${atLeast ? 'at least ' : ''}the last ${failed} runs${whose} failed${first}`,
    success === null ? 'none is known to have succeeded' : `the last one that succeeded ended ${success}`,
  ];
}

function successWords({ succeeded_at: good, at }: RunsImpact): string | null {
  if (good === null) return null;
  const ago = at !== null && at > good ? `, ${spokenDuration(at - good)} before this was read` : '';
  return `${utcTime(good)}${ago}`;
}

const jobStates: Readonly<Record<JobImpact['state'], string>> = {
  complete: 'is complete',
  failed: 'failed',
  suspended: 'is suspended',
  going_on: 'has not ended',
};

function jobWords(impact: JobImpact, job: string): string {
  const { state, failed_pods: failed } = impact;
  const pods = failed === 0 ? '' : `; ${plural(failed, 'pod')} of it failed`;
  return upper(`${job} ${jobStates[state]}: ${doneWords(impact)}${pods}.`);
}

const doneWords = ({ done, wanted }: JobImpact): string =>
  wanted === null ? `${plural(done, 'pod')} of it succeeded` : `${done} of ${plural(wanted, 'completion')}`;

function nodeWords({ ready, pods, workloads, workload_count: all }: NodeImpact, node: string): string {
  const names = workloads.map((one) => `${one.object} (${one.pods})`);
  const more = all > names.length ? `, and ${all - names.length} more` : '';
  const whose =
    names.length === 0 ? '' : `; they are of ${names.join(', ')}${more}, whose pods on other nodes are not counted`;
  return `${ready} of ${plural(pods, 'pod')} that ${pods === 1 ? 'was' : 'were'} read on ${node} ${pods === 1 ? 'is' : 'are'} ready${whose}.`;
}

const upper = (words: string): string => `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
