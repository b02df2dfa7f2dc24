import { z } from 'zod';
import { parseJson } from './json.ts';
import { decodeReview } from './protobuf.ts';
import { decideKube, type ReviewKind, type SecretsMode } from './decide.ts';

const text = z.string().max(1000).default('');
const accessReview = z.object({
  spec: z.object({
    resourceAttributes: z
      .object({
        namespace: text,
        verb: text,
        group: text,
        version: text,
        resource: text,
        subresource: text,
        name: text,
      })
      .nullish(),
    nonResourceAttributes: z.object({ path: text, verb: text }).nullish(),
  }),
});
type AccessSpec = z.infer<typeof accessReview>['spec'];
const rulesReview = z.object({ spec: z.object({ namespace: text }) });

/** The answer to a review of what the agent itself may do, from the gateway's own rules; null for a body that is none. */
export function answerReview(review: ReviewKind, body: Buffer, secrets: SecretsMode): object | null {
  const given = decodeReview(body) ?? parseJson(body.toString('utf8'));
  if (given === undefined) return null;
  if (review === 'SelfSubjectReview') return selfSubject();
  if (review === 'SelfSubjectRulesReview') {
    return rulesReview.safeParse(given).success ? rules(secrets) : null;
  }
  const parsed = accessReview.safeParse(given);
  return parsed.success ? access(parsed.data.spec, secrets) : null;
}

function access(spec: AccessSpec, secrets: SecretsMode): object {
  const refusal = refusalOf(spec, secrets);
  const reason = refusal === null ? 'agents may read' : refusal;
  return {
    kind: 'SelfSubjectAccessReview',
    apiVersion: 'authorization.k8s.io/v1',
    metadata: {},
    spec,
    status: { allowed: refusal === null, reason },
  };
}

/** Asks the rules themselves, with the request that would be sent. */
function refusalOf(spec: AccessSpec, secrets: SecretsMode): string | null {
  const request = requestFor(spec);
  if (request === null) return 'agents only read';
  const decision = decideKube({ ...request, headers: new Map(), hasBody: false }, secrets);
  return decision.kind === 'refuse' ? decision.reason : null;
}

function requestFor({ resourceAttributes: asked, nonResourceAttributes: path }: AccessSpec) {
  if (path) return path.verb === 'get' ? { method: 'GET', address: path.path } : null;
  if (!asked || asked.resource === '' || asked.resource === '*') return null;
  const named = asked.verb === 'get';
  if (!named && asked.verb !== 'list' && asked.verb !== 'watch') return null;
  const [resource = '', inResource] = asked.resource.split('/');
  const subresource = asked.subresource || inResource || '';
  const parts = [
    ...(asked.group === '' ? ['api', 'v1'] : ['apis', asked.group, asked.version || 'v1']),
    resource,
    ...(named ? [asked.name || 'any'] : []),
    ...(subresource === '' ? [] : named ? [subresource] : ['any', subresource]),
  ];
  const address = `/${parts.map(encodeURIComponent).join('/')}${asked.verb === 'watch' ? '?watch=true' : ''}`;
  return { method: 'GET', address };
}

function rules(secrets: SecretsMode): object {
  const reading = ['get', 'list', 'watch'];
  const status = {
    resourceRules: [
      { verbs: reading, apiGroups: ['*'], resources: ['*', '*/status', '*/scale'] },
      { verbs: ['get'], apiGroups: [''], resources: ['pods/log'] },
    ],
    nonResourceRules: [
      {
        verbs: ['get'],
        nonResourceURLs: ['/version', '/api', '/api/*', '/apis', '/apis/*', '/openapi/*', '/livez', '/readyz'],
      },
    ],
    incomplete: secrets === 'deny',
    evaluationError: secrets === 'deny' ? 'Secrets are not shown to agents' : '',
  };
  return { kind: 'SelfSubjectRulesReview', apiVersion: 'authorization.k8s.io/v1', metadata: {}, spec: {}, status };
}

function selfSubject(): object {
  const status = { userInfo: { username: 'nightcrier:agent', groups: ['nightcrier:agents'] } };
  return { kind: 'SelfSubjectReview', apiVersion: 'authentication.k8s.io/v1', metadata: {}, status };
}
