import { parseJsonObject } from '../../lib/untrusted/parse-json.ts';

/** One question to the API server: may the credential do this, in all namespaces? */
export interface PermissionQuestion {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
}

type Answers = ReadonlyMap<string, boolean>;

const q = (verb: string, resource: string, group = '', subresource = ''): PermissionQuestion => ({
  verb,
  group,
  resource,
  subresource,
});

const rbac = 'rbac.authorization.k8s.io';

/** What triage cannot do without; asked by `can-i`, one process each (docs/formats.md says how and why). */
export const minimumQuestions = {
  can_get_pods: { question: q('get', 'pods'), args: ['get', 'pods'] },
  can_get_logs: { question: q('get', 'pods', '', 'log'), args: ['get', 'pods', '--subresource=log'] },
  can_get_events: { question: q('get', 'events'), args: ['get', 'events'] },
} as const;

/** Kinds that are asked for both get and list. */
const readKinds = {
  can_get_pods: ['pods', ''],
  can_get_events: ['events', ''],
  can_get_deployments: ['deployments', 'apps'],
  can_get_services: ['services', ''],
  can_get_nodes: ['nodes', ''],
  can_get_secrets: ['secrets', ''],
  can_get_configmaps: ['configmaps', ''],
} as const;
export type ReadFlag = keyof typeof readKinds;

/** What a credential for reading should not be able to do (PER-2). */
export const writeQuestions: readonly PermissionQuestion[] = [
  ...(
    [
      ['pods', ''],
      ['deployments', 'apps'],
      ['secrets', ''],
      ['configmaps', ''],
    ] as const
  ).flatMap(([resource, group]) => ['create', 'update', 'patch', 'delete'].map((verb) => q(verb, resource, group))),
  q('create', 'pods', '', 'exec'),
  q('impersonate', 'users'),
  q('bind', 'clusterroles', rbac),
  q('escalate', 'clusterroles', rbac),
];

/** Everything that is asked in one process: reading of all kinds, and writing. */
export const reviewQuestions: readonly PermissionQuestion[] = [
  ...Object.values(readKinds).flatMap(([resource, group]) => [q('get', resource, group), q('list', resource, group)]),
  ...writeQuestions,
];

/** `VERB RESOURCE[.GROUP][/SUBRESOURCE]`, the form of `can_write`. */
export function questionText({ verb, group, resource, subresource }: PermissionQuestion): string {
  return `${verb} ${resource}${group === '' ? '' : `.${group}`}${subresource === '' ? '' : `/${subresource}`}`;
}

/** The List of SelfSubjectAccessReviews that `kubectl create -f -` posts. */
export function reviewList(): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items: reviewQuestions.map(reviewOf) });
}

/** The object that asks one question. */
export function reviewOf({ verb, group, resource, subresource }: PermissionQuestion): object {
  return {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes: { verb, group, resource, ...(subresource === '' ? {} : { subresource }) } },
  };
}

/** The answers of that process, by question text. Its output is a stream of JSON objects; what is no review is skipped. */
export function parseReviews(output: string): Answers {
  const answers = new Map<string, boolean>();
  for (const text of jsonObjects(output)) {
    const review = parseJsonObject(text) as Review | null;
    const { verb, group = '', resource, subresource = '' } = review?.spec?.resourceAttributes ?? {};
    if (verb && resource && typeof review?.status?.allowed === 'boolean') {
      answers.set(questionText({ verb, group, resource, subresource }), review.status.allowed);
    }
  }
  return answers;
}

/** Get and list of a kind: no when one of them is a no, null when one has no answer. */
export function canRead(flag: ReadFlag, answers: Answers): boolean | null {
  const [resource, group] = readKinds[flag];
  const both = ['get', 'list'].map((verb) => answers.get(questionText(q(verb, resource, group))));
  if (both.includes(false)) return false;
  return both.every((answer) => answer === true) ? true : null;
}

interface Review {
  readonly spec?: { readonly resourceAttributes?: Partial<PermissionQuestion> };
  readonly status?: { readonly allowed?: unknown };
}

/** The top-level objects of a stream of JSON objects, whatever stands between them. */
function jsonObjects(text: string): string[] {
  const found: string[] = [];
  let depth = 0;
  let start = 0;
  let inString = false;
  for (let i = 0; i < text.length; i += 1) {
    const c = text[i];
    if (inString) {
      if (c === '\\') i += 1;
      else if (c === '"') inString = false;
    } else if (c === '"') {
      inString = depth > 0;
    } else if (c === '{') {
      if (depth === 0) start = i;
      depth += 1;
    } else if (c === '}' && depth > 0) {
      depth -= 1;
      if (depth === 0) found.push(text.slice(start, i + 1));
    }
  }
  return found;
}
