import { revisionOf, urlOf } from '../objects/source-fields.ts';
import { type Fact, type FailureRule, firstGroup } from './failure-rule.ts';

const url = ({ object }: Fact): string | undefined => urlOf(object) ?? revisionOf(object);

/** Of sources, the first that fits; the messages are those of source-controller and of what it asks. */
export const sourceRules: readonly FailureRule[] = [
  {
    mechanism: 'source_authentication',
    category: 'source',
    fits: /secrets? "([^"]+)" not found/,
    says: ({ found }) => `cannot be fetched: its Secret ${found[1]} does not exist`,
    field: 'spec.secretRef.name',
    value: firstGroup,
    advice: 'Make the Secret in the namespace of the source, or correct its name.',
  },
  {
    mechanism: 'source_unverified',
    category: 'source',
    fits: /^VerificationError|verification of .* failed|signature.*(?:invalid|mismatch)|x509: certificate signed by unknown authority/i,
    says: () => 'is fetched and not trusted: its signature or certificate does not verify',
    advice: 'Check spec.verify and spec.certSecretRef against who signs and serves it.',
  },
  {
    mechanism: 'source_revision_missing',
    category: 'source',
    fits: /couldn't find remote ref|reference not found|MANIFEST_UNKNOWN|NAME_UNKNOWN|no match found for semver|no tags? found|unable to resolve (?:commit|tag)|object not found/i,
    says: ({ object }) => `asks for what is not there: ${revisionOf(object) ?? 'its default branch'}`,
    field: 'spec.ref',
    value: ({ object }) => revisionOf(object),
    advice: 'Correct the branch, tag, version or digest in spec.ref, or push it.',
  },
  {
    mechanism: 'chart_missing',
    category: 'source',
    fits: /no (?:chart (?:name|version) found|'?[^']*'? chart with version matching)|chart .* not found|^InvalidChartReference|^ChartPullError/i,
    says: ({ object }) => `finds no such chart: ${revisionOf(object) ?? ''}`,
    field: 'spec.chart',
    value: ({ object }) => revisionOf(object),
    advice: 'Correct the name or version of the chart, or look whether the repository still has it.',
  },
  {
    mechanism: 'source_authentication',
    category: 'source',
    fits: /^AuthenticationFailed|authentication (?:required|failed)|unauthorized|\b401\b|\b403\b|denied|forbidden|invalid (?:username|credentials)|unable to authenticate|handshake failed|knownhosts|access ?denied|signaturedoesnotmatch/i,
    says: () => 'cannot be fetched: the credential is refused',
    field: 'spec.url',
    value: url,
    advice:
      'Renew the credential in the Secret of spec.secretRef (token, deploy key, known_hosts), and check what it may read.',
  },
  {
    mechanism: 'source_unreachable',
    category: 'source',
    fits: /no such host|dial tcp|connection (?:refused|reset|timed out)|i\/o timeout|context deadline exceeded|network is unreachable|no route to host|TLS handshake timeout|\b50[234]\b|EOF$/i,
    says: () => 'cannot be fetched: its server is not reached',
    field: 'spec.url',
    value: url,
    advice: 'Check the host name in the URL, and DNS, egress rules and proxy of the source-controller.',
  },
  {
    mechanism: 'source_not_found',
    category: 'source',
    fits: /^(?:URLInvalid|InvalidURL)|repository not found|bucket .* not found|does not exist|\b404\b|unsupported protocol|parse "/i,
    says: () => 'is from a place that does not exist',
    field: 'spec.url',
    value: url,
    advice: 'Correct the URL; a private repository also looks like this to a credential that may not see it.',
  },
  {
    mechanism: 'source_failed',
    category: 'source',
    fits: /^\w*/,
    says: () => 'cannot be fetched',
    advice: 'See its conditions and the log of the source-controller (get_flux_logs).',
  },
];
