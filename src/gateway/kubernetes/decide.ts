import { parseTarget, type Target } from './target.ts';

/** How Secrets are given to agents: with their values replaced, not at all, or as they are. */
export type SecretsMode = 'redact' | 'deny' | 'allow';

/** A request below `/k8s` as it came: the address of the request line without that prefix, names of headers in lower case. */
export interface KubeRequest {
  readonly method: string;
  readonly address: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly hasBody: boolean;
}

export interface Asked {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string | null;
  readonly name: string | null;
}

export type KubeDecision =
  /** `form`: what comes back, and so how secrets are looked for in it. */
  | {
      readonly kind: 'forward';
      readonly rule: string;
      readonly asked: Asked;
      readonly target: Target;
      readonly form: 'document' | 'objects' | 'watch' | 'log';
    }
  /** The gateway answers from its own rules: what the upstream credential may do is nobody's business. */
  | { readonly kind: 'review'; readonly rule: string; readonly asked: Asked; readonly review: ReviewKind }
  | {
      readonly kind: 'refuse';
      readonly rule: string;
      readonly asked: Asked;
      /** HTTP status. */
      readonly status: 400 | 403 | 415;
      readonly reason: string;
    };

export type ReviewKind = 'SelfSubjectAccessReview' | 'SelfSubjectRulesReview' | 'SelfSubjectReview';

/**
 * What an agent may ask of the API of its cluster: to read. One pure function, from the request alone; everything that
 * it does not name is refused.
 */
export function decideKube(request: KubeRequest, secrets: SecretsMode): KubeDecision {
  const parsed = parseTarget(request.address);
  const target = parsed.kind === 'target' ? parsed.target : nowhere;
  const asked = askedFor(request.method, target);
  const refuse = (rule: string, reason: string, status: 400 | 403 | 415 = 403): KubeDecision => ({
    kind: 'refuse',
    rule,
    asked,
    status,
    reason,
  });
  if (parsed.kind === 'malformed') return refuse(parsed.rule, parsed.reason, 400);
  const header = refusedHeader(request.headers);
  if (header !== null) return refuse('header', `the header ${header} is not for agents`);
  if (request.method === 'POST') return decidePost(target, asked, request, refuse);
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return refuse('verb', `${asked.verb} changes the cluster; agents only read`);
  }
  if (request.hasBody) return refuse('body', 'a read has no body', 400);
  return decideRead(target, asked, secrets, refuse);
}

type Refuse = (rule: string, reason: string, status?: 400 | 403 | 415) => KubeDecision;

function decideRead(target: Target, asked: Asked, secrets: SecretsMode, refuse: Refuse): KubeDecision {
  if (target.resource === '') {
    return isDocument(target.segments)
      ? { kind: 'forward', rule: 'read.document', asked, target, form: 'document' }
      : refuse('path', 'there is nothing to read for agents at this path');
  }
  if (target.namespace === null && oldPrefixes.has(target.resource)) {
    return refuse('path', `the old form /${target.resource}/… is not for agents`);
  }
  const unknown = [...target.query.keys()].find((name) => !queryNames.has(name));
  if (unknown !== undefined) return refuse('query', `the parameter ${JSON.stringify(unknown)} is not for agents`);
  const { subresource, resource, group } = asked;
  if (subresource === 'log' && group === '' && resource === 'pods' && asked.name !== null) {
    return { kind: 'forward', rule: 'read.log', asked, target, form: 'log' };
  }
  if (subresource !== '' && !readSubresources.has(subresource)) {
    return refuse('subresource', `${resource}/${subresource} is more than reading`);
  }
  if (group === '' && resource === 'secrets' && secrets === 'deny') {
    return refuse('secrets', 'Secrets are not shown to agents (gateway.kubernetes.secrets: deny)');
  }
  const form = asked.verb === 'watch' ? 'watch' : 'objects';
  return { kind: 'forward', rule: `read.${asked.verb}`, asked, target, form };
}

function decidePost(target: Target, asked: Asked, request: KubeRequest, refuse: Refuse): KubeDecision {
  const { hasBody, headers } = request;
  const isKnown = reviewTypes.test(headers.get('content-type') ?? 'application/json');
  const review = reviews[`${asked.group}/${asked.resource}`];
  const plain = target.namespace === null && target.name === null && target.subresource === '';
  if (review === undefined || !plain) return refuse('verb', `${asked.verb} changes the cluster; agents only read`);
  if (!hasBody) return refuse('body', 'a review needs a body', 400);
  if (!isKnown) return refuse('media_type', 'a review is JSON or protobuf', 415);
  return { kind: 'review', rule: 'review', asked, review };
}

/** What kubectl sends. */
const reviewTypes = /^application\/(?:json|vnd\.kubernetes\.protobuf)(?:;|$)/i;

const reviews: Readonly<Record<string, ReviewKind>> = {
  'authorization.k8s.io/selfsubjectaccessreviews': 'SelfSubjectAccessReview',
  'authorization.k8s.io/selfsubjectrulesreviews': 'SelfSubjectRulesReview',
  'authentication.k8s.io/selfsubjectreviews': 'SelfSubjectReview',
};

/** API servers still read what follows them as a resource of its own, past every rule about that resource. */
const oldPrefixes = new Set(['watch', 'proxy']);

/** Subresources that are another view of their object. Logs are pods' alone. */
const readSubresources = new Set(['status', 'scale']);

/** Parameters of reads; those of writes, and `insecureSkipTLSVerifyBackend`, are not among them. */
const queryNames = new Set(
  (
    'labelSelector fieldSelector limit continue watch allowWatchBookmarks resourceVersion resourceVersionMatch ' +
    'sendInitialEvents timeoutSeconds timeout pretty includeObject ' +
    'container follow previous sinceSeconds sinceTime timestamps tailLines limitBytes stream'
  ).split(' '),
);

/** Discovery, schemas, version and health: the same for every client. */
function isDocument(segments: readonly string[]): boolean {
  const [root = '', second = ''] = segments;
  if (segments.length === 1) return ['version', 'api', 'apis', 'livez', 'readyz'].includes(root);
  if (root === 'api') return segments.length === 2;
  if (root === 'apis') return segments.length <= 3;
  if (root === 'openapi') return second === 'v3' ? segments.length <= 6 : second === 'v2' && segments.length === 2;
  return false;
}

/** Headers that make a request something else than it seems, or somebody else's. */
function refusedHeader(headers: ReadonlyMap<string, string>): string | null {
  for (const [name, value] of headers) {
    if (name === 'upgrade' || name.startsWith('impersonate-') || name.startsWith('x-remote-')) return name;
    if (name.startsWith('sec-websocket') || name === 'x-stream-protocol-version') return name;
    if (name === 'connection' && /upgrade/i.test(value)) return name;
    if (name === 'content-encoding') return name;
  }
  return null;
}

const verbs: Readonly<Record<string, string>> = { POST: 'create', PUT: 'update', PATCH: 'patch' };

function askedFor(method: string, target: Target): Asked {
  const { group, resource, subresource, namespace, name } = target;
  return { verb: verbOf(method, target), group, resource, subresource, namespace, name };
}

/** The verb of RBAC; for what is no resource the method in lower case. */
function verbOf(method: string, { resource, name, query }: Target): string {
  if (resource === '') return method.toLowerCase();
  if (method === 'DELETE') return name === null ? 'deletecollection' : 'delete';
  if (method !== 'GET' && method !== 'HEAD') return verbs[method] ?? method.toLowerCase();
  if (name !== null) return 'get';
  return isTrue(query.get('watch')) ? 'watch' : 'list';
}

/** As the API server reads a boolean parameter: present and neither `0` nor `false`. */
function isTrue(value: string | null): boolean {
  return value !== null && value !== '0' && value.toLowerCase() !== 'false';
}

const nowhere: Target = {
  group: '',
  version: '',
  resource: '',
  subresource: '',
  namespace: null,
  name: null,
  segments: [],
  query: new URLSearchParams(),
};

/** As a person reads it: `delete pods "cart" is forbidden`. */
export function describe(asked: Asked): string {
  const what = resourceText(asked) ?? 'this path';
  return `${asked.verb} ${what}${asked.name === null ? '' : ` ${JSON.stringify(asked.name)}`} is forbidden`;
}

/** As RBAC writes it: `deployments.apps/scale`; null for what is no resource. */
export function resourceText({ resource, group, subresource }: Asked): string | null {
  if (resource === '') return null;
  return `${resource}${group === '' ? '' : `.${group}`}${subresource === '' ? '' : `/${subresource}`}`;
}
