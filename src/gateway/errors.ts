import type { ProblemKind } from '../lib/problem.ts';

/** Problems of what agents reach. Codes are never used twice; those of models begin at 020. */
export const gatewayProblems = {
  socketFailed: {
    code: 'NC-GATEWAY-001',
    title: 'The socket of a run could not be made',
    fix: 'Check free space and owner of `{path}`.',
    about:
      'Each run has a socket of its own, the only thing that its agent can reach. Without it the agent is not started, and the report of the built-in analyst is delivered.',
  },
  recordFailed: {
    code: 'NC-GATEWAY-003',
    title: 'The record of what an agent asked for could not be written',
    fix: 'Check free space and owner of `{path}`.',
    about:
      'What cannot be put on record is not answered: the agent gets nothing more from then on, and the record ends with what was written.',
  },
  noCredential: {
    code: 'NC-GATEWAY-002',
    title: 'The gateway has no credential for the cluster',
    fix: 'Set `triage.kubeconfig` of the cluster to a kubeconfig that works with kubectl.',
    about:
      'Agents read the cluster through the gateway, with the credential of `triage.kubeconfig`. They get an error for every read while there is none.',
  },
  modelKeyMissing: {
    code: 'NC-GATEWAY-020',
    title: 'An agent asked for a model whose provider has no key',
    fix: 'set gateway.models.{provider}.api_key',
    about:
      'The agent has no key of its own: the gateway adds the one of the configuration to each request. Without it the agent is told 401 in the form of the provider, and the built-in analyst answers.',
  },
  modelKeyRefused: {
    code: 'NC-GATEWAY-021',
    title: 'A model provider refuses the key',
    fix: 'check gateway.models.{provider}.api_key, and that base_url beside it is the address that the key is for',
    about:
      'The provider answered 401. The agent is told so without the words of the provider, because they may hold a part of the key.',
  },
  modelPriceUnknown: {
    code: 'NC-GATEWAY-022',
    title: 'No price is known for a model',
    fix: 'set gateway.models.prices with an entry for {model}: input, cached_input and output in USD a million tokens',
    about:
      'Tokens are counted all the same, but what they cost is not known: a limit in USD does not hold for this model, a limit in tokens does.',
  },
  modelUnreachable: {
    code: 'NC-GATEWAY-023',
    title: 'A model provider gives no usable answer',
    fix: 'check gateway.models.{provider}.base_url and the proxies of the environment (HTTPS_PROXY, NO_PROXY) of the daemon',
    about:
      'The connection failed, the answer did not come within gateway.models.idle_timeout, or what came is not of the provider (such as the page of a proxy). The agent is told 502 or 504 in the form of the provider and may try again.',
  },
} as const satisfies Record<string, ProblemKind>;
