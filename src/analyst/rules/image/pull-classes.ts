/** Why a registry, the way to it or the node refused an image, as the runtime tells it. */
export type PullClass =
  | 'invalid_name'
  | 'never'
  | 'kubelet_rate'
  | 'rate_limit'
  | 'node_disk'
  | 'platform'
  | 'old_format'
  | 'signature'
  | 'expired_login'
  | 'wrong_login'
  | 'hidden_or_missing'
  | 'login_needed'
  | 'no_right'
  | 'not_found'
  | 'certificate_expired'
  | 'certificate_name'
  | 'certificate_unknown'
  | 'plain_http'
  | 'proxy'
  | 'dns'
  | 'refused'
  | 'server_error'
  | 'broken_off'
  | 'no_answer';

/** The class with the words of the message that make it one. */
export interface PullReason {
  readonly class: PullClass;
  readonly said: string;
  /** From those words on, as it stands in the message. */
  readonly quote: string;
}

/**
 * The words of containerd, CRI-O, Docker and the registries behind them, the most definite first: a message may hold the
 * words of several (a limited registry answers with a status, a failed look-up is "not found" as well).
 */
const forms: readonly (readonly [PullClass, RegExp])[] = [
  ['invalid_name', /invalid reference format|couldn't parse image(?: name)?|repository name must be lowercase/i],
  ['never', /not present with pull policy of Never/i],
  ['kubelet_rate', /pull QPS exceeded/i],
  [
    'rate_limit',
    /toomanyrequests|\b429(?: Too Many Requests)?\b|(?:pull )?rate limit(?: (?:exceeded|reached))?|(?:rate|quota|request limit) exceeded|too many requests/i,
  ],
  ['node_disk', /no space left on device|disk quota exceeded/i],
  [
    'platform',
    /no match for platform[^:\n]*|no matching manifest for [\w/.-]+|no image found in (?:manifest list|image index) for architecture [^,\n]+|exec format error/i,
  ],
  [
    'old_format',
    /schema ?(?:v?1|version 1)[^"\n]{0,60}|(?:unsupported|unknown|unexpected|not supported)[^"\n]{0,20}media ?type[^"\n]{0,80}|media ?type [^"\n]{0,80}(?:is no longer supported|unsupported|not supported)|application\/vnd\.docker\.distribution\.manifest\.v1\S*/i,
  ],
  [
    'signature',
    /(?:a )?signature was required[^"\n]{0,60}|SignatureValidationFailed|source image rejected[^"\n]{0,80}|rejected by (?:signature )?policy/i,
  ],
  [
    'expired_login',
    /(?:authorization |access |security |auth |id )?(?:token|credentials?|password|session)\b[^.\n]{0,20}\b(?:has |have |is )?expired|ExpiredToken\w*|token is expired/i,
  ],
  [
    'wrong_login',
    /(?:incorrect|invalid|bad|wrong) (?:username|user ?name|user|password|credentials)[^.\n]{0,30}|authentication (?:failed|failure)|invalid_grant|login attempt[^.\n]{0,40}failed|failed to fetch oauth token: [^\n]*40[013] [A-Z]\w+/i,
  ],
  [
    'hidden_or_missing',
    /repository does not exist or may require[^:\n]*|insufficient_scope|requested access to the resource is denied|pull access denied[^:\n]*/i,
  ],
  [
    'certificate_expired',
    /certificate has expired(?: or is not yet valid)?[^"\n]{0,120}|certificate is not yet valid/i,
  ],
  [
    'certificate_name',
    /certificate is valid for [^"\n]{0,120}|cannot validate certificate for [^"\n]{0,80}|certificate is not valid for any names[^"\n]{0,80}|legacy Common Name/i,
  ],
  [
    'certificate_unknown',
    /x509: [^"\n]{0,120}|(?:bad|unknown|failed to verify) certificate[^"\n]{0,60}|unknown authority/i,
  ],
  ['plain_http', /server gave HTTP response to HTTPS client|first record does not look like a TLS handshake/i],
  ['proxy', /proxyconnect[^"\n]{0,120}|Proxy Authentication Required|\b407\b/i],
  [
    'dns',
    /no such host|server misbehaving|(?:temporary failure in )?name resolution|lookup \S+(?: on \S+)?: [^"\n]{0,80}|could not resolve host/i,
  ],
  ['login_needed', /\b401(?: Unauthorized)?\b|no basic auth credentials|authentication required|unauthorized/i],
  ['no_right', /\b403(?: Forbidden)?\b|\bdenied\b[^"\n]{0,60}|forbidden/i],
  ['refused', /connection refused|no route to host|network is unreachable|host is down/i],
  [
    'server_error',
    /\b50[0-4]\b(?: [A-Z][\w-]+)*|internal server error|bad gateway|service unavailable|gateway time-?out/i,
  ],
  [
    'not_found',
    /manifest unknown|name unknown|not found|does not exist|\b404\b|NotFound|no such image|MANIFEST_UNKNOWN|NAME_UNKNOWN/i,
  ],
  [
    'broken_off',
    /unexpected EOF|connection reset by peer|failed size validation|content digest \S+: mismatch|short read|\bEOF\b|stream error|context canceled/i,
  ],
  ['no_answer', /i\/o timeout|TLS handshake timeout|deadline exceeded|timed? ?out|request canceled|dial tcp/i],
];

const byReason: Readonly<Record<string, PullClass>> = {
  InvalidImageName: 'invalid_name',
  ErrImageNeverPull: 'never',
  RegistryUnavailable: 'no_answer',
};

/** What a message says of the refused pull of `image`; `reason` is that of the container's state, which may be definite. */
export function readPull(message: string, image: string, reason = ''): PullReason | null {
  // Names and addresses may hold the words and numbers of any class.
  const named = image === '' ? message : message.replaceAll(image, 'IMAGE');
  const text = named
    .replaceAll(/(https?:\/\/[^/"\s]+)\/[^"\s]*[^"\s:.,]/g, '$1/…')
    .replaceAll(/sha256:[0-9a-f]+/g, 'DIGEST');
  const certain = byReason[reason];
  if (certain !== undefined && certain !== 'no_answer') return { class: certain, said: reason, quote: '' };
  for (const [kind, form] of forms) {
    const said = form.exec(text)?.[0];
    if (said === undefined) continue;
    const words = said.trim().replace(/[.,;: ]+$/, '');
    return { class: kind, said: words, quote: from(message, words) };
  }
  return certain === undefined ? null : { class: certain, said: reason, quote: '' };
}

const maxQuote = 180;

function from(message: string, words: string): string {
  const at = message.indexOf(words);
  const line = at < 0 ? words : (message.slice(at).split('\n')[0] ?? words);
  return line.length <= maxQuote ? line : line.slice(0, maxQuote).replace(/\s+\S*$/, '');
}

/** What a class means; `{registry}` stands for the name of the registry. */
export const pullMeanings: Readonly<Record<PullClass, string>> = {
  invalid_name: 'is no valid image reference',
  never: 'is not on the node and imagePullPolicy is Never',
  kubelet_rate: 'was not asked for: the kubelet holds back, because it pulls more images than its own rate allows',
  rate_limit: 'is refused by its registry {registry} for now: the rate limit for pulls is reached',
  node_disk: 'cannot be unpacked: the disk of the node is full',
  platform: 'has no build for the CPU architecture of the node',
  signature: 'is refused by the signature policy of the node',
  old_format: 'is stored in a format that the container runtime of the node does not take',
  expired_login: 'is refused by its registry: the login (token) that the node brings has expired',
  wrong_login:
    'is refused by its registry: it does not take the user, password or token that the node brings (wrong, revoked or expired)',
  hidden_or_missing:
    'is refused by its registry, which gives the same answer for a repository that needs a login and for one that does not exist',
  login_needed: 'is refused by its registry, which wants a login',
  no_right: 'is refused by its registry: what the node brings has no right to it',
  not_found: 'does not exist in its registry',
  certificate_expired: 'cannot be pulled: the certificate of the registry {registry} has expired',
  certificate_name: 'cannot be pulled: the certificate of the registry {registry} is for another name',
  certificate_unknown:
    'cannot be pulled: the node does not trust the issuer of the certificate of the registry {registry}',
  plain_http: 'cannot be pulled: the registry {registry} speaks plain HTTP, and the node expects TLS',
  proxy: 'cannot be pulled: the proxy of the node does not let the request to {registry} through',
  dns: 'cannot be pulled: the registry {registry} cannot be reached, its name cannot be resolved from the node',
  refused: 'cannot be pulled: the registry {registry} cannot be reached, nothing takes the connection',
  server_error: 'cannot be pulled: the registry {registry} answers with an error of its own',
  broken_off: 'cannot be pulled: the transfer from the registry {registry} breaks off',
  no_answer: 'cannot be pulled: the registry {registry} cannot be reached, it does not answer',
};
