/*
 * What programs say in their logs, and what it means. Whoever reads logs asks by the meaning and has no words of their
 * own: a new wording is added here, once. What Kubernetes itself says in events and conditions stands with its rule.
 */

export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'none';

const levelWords: readonly (readonly [LogLevel, string])[] = [
  ['fatal', 'fatal critical crit panic emerg emergency alert'],
  ['error', 'severe error err eror'],
  ['warn', 'warning warn'],
  ['info', 'notice info log debug trace'],
];

/** What a word for a level means. */
export const levels: ReadonlyMap<string, LogLevel> = new Map(
  levelWords.flatMap(([level, words]) => words.split(' ').map((word): [string, LogLevel] => [word, level])),
);

export const says = {
  // How a process ended.
  /** A shell, or a program before it logs, that says what it lacks. */
  shellError:
    /(?:: (?:not found|command not found|No such file or directory|Permission denied|syntax error|Syntax error|bad substitution|Is a directory|cannot execute|exec format error|Exec format error|unbound variable|parameter not set))|^exec .*: (?:exec format error|no such file|permission denied)|FATAL CONFIG|unknown directive/,
  /** A line without a level that sounds like an error. */
  bareError:
    /\b(?:fatal|error|failed|failure|cannot|can't|could not|couldn't|unable to|refused|denied|forbidden|invalid|missing|required|not set|not defined|not found|no such|exception|abort(?:ed|ing)?|panic|must be|must specify|not supported|expected|not writable|bad (?:file|directive|format|magic|option|value|address)|unrecogni[sz]ed|unknown|already exists|incompatible|unsupported|corrupt(?:ed)?|mismatch|requires?|illegal instruction|segmentation fault|out of memory|too many)\b/i,
  /** What follows from an end, and says nothing of its reason. */
  followUp:
    /\b(?:shutting down|shut ?down|exiting|exited|terminating|terminated|stopping|stopped|context cancell?ed|operation was cancell?ed|process (?:has )?(?:exited|ended|died)|exit (?:status|code)|giv(?:ing|en) up|gave up|aborting\.?$|leader election lost|application run failed$|npm ERR!|ELIFECYCLE|the database system is (?:shut down|starting up|shutting down)|command failed|timed out waiting for cache|caches? to sync|cache to sync|error (?:closing|stopping)|failed to (?:close|stop|flush|shut down)|uncaught exception$)/i,
  /** Where to read more: help, not a reason. */
  helpText:
    /\b(?:see|see also|visit|read|docs?|documentation|more (?:information|details|info)|further|help|report(?:ing)? (?:a )?bugs?|usage:|try ['`"-])\b.{0,80}?(?:https?:\/\/|--help)|^\s*(?:see(?: also)? )?https?:\/\/\S+\s*$|^\s*usage: /i,
  /** A line that goes on with the reason that was told before it. */
  detailLine:
    /^(?:\[[\w/-]+\] |[\w./-]{2,40}: )?(?:(?:DETAIL|HINT|CONTEXT|Detail|Hint|detail|hint|help|note|Reason|Cause|Solution|Suggestion|Suggested fix|Remedy|what\(\)): +\S|>>> |Caused by:\s*$|because:? )/,
  /** What is wrong for the system or for a parser of options, in words that say what to do about it. */
  systemError:
    /permission denied|no such file|not permitted|read-only file system|no space left|already in use|connection refused|no such host|name or service not known|access denied|exec format|out of memory|cannot allocate|not writable|unknown (?:flag|option|directive|variable|argument)|(?:is|are) not (?:set|specified|defined)|already locked|resource temporarily unavailable/i,
  /** A line that only says that there were errors. */
  summaryOnly:
    /contains? errors?|\b(?:see|check) (?:the )?(?:server |above |previous )?(?:logs?|errors?|messages?|output)\b|errors? (?:above|occurred while parsing)|(?:previous|above) errors?|configuration (?:file )?\S* ?(?:test failed|is not valid|is invalid)$/i,
  /** A remark that a program makes on its way. */
  remark:
    /suppress this (?:message|warning)|deprecat|will be removed|\bignor(?:ed|ing)\b|could not reliably determine|falling back|using (?:the )?defaults?\b/i,
  /** An error that the program says it got over. */
  overcome:
    /\b(?:retried ok|retry succeeded|recovered|will retry|retrying|succeeded after|reconnected|panic serving|recovered from panic|panic recovered)\b/i,
  /** What the program was working on, by name or number. */
  workingOn:
    /\b(?:migration|step|task|stage|job|batch|record|row|file|chunk|partition|segment|item|order|message|applying|processing|running|executing|handling|importing|loading|replaying)\s+["']?([\w./:-]*[\d_./-][\w./:-]*)/i,

  // Calls to others.
  /** A name that cannot be resolved. */
  unresolved:
    /could not translate host name|no such host|ENOTFOUND|EAI_AGAIN|NXDOMAIN|Name or service not known|name resolution|Name does not resolve|getaddrinfo|nodename nor servname|UnknownHost|could not (?:be )?resolved?|can't resolve|cannot resolve|bad address|server misbehaving|lookup \S+ on|host not found|DNS resolution (?:for|failed)|DNS lookup fail|dns server error|SERVFAIL|Unknown (?:\w+ )?server host/i,
  /** The name servers do not answer, or not for sure: the name itself may be right. */
  resolverFailed:
    /Temporary failure in name resolution|EAI_AGAIN|SERVFAIL|server misbehaving|lookup [^\n]*(?:i\/o timeout|timed out)|(?:resolv\w*|DNS)[^\n]{0,60}(?:timed out|timeout|connection refused)|could not be resolved \(110/i,
  /** A connection that nobody takes; MySQL's clients give only the number of the system's error. */
  refused:
    /connection refused|ECONNREFUSED|refused|connect\(\) failed|no route to host|EHOSTUNREACH|Connection reset|ECONNRESET|connect to (?:\w+ )?server on '[^']*' \((?:111|113|115)\b|could not connect to server\b/i,
  /** No answer in time. */
  timedOut: /timed out|timeout|ETIMEDOUT|deadline exceeded|i\/o timeout/i,
  /** The callee answers, and says no. */
  rejected:
    /\b(?:(?:HTTP|status(?:code)?|code|answered|returned|got)[ :=]*[45]\d\d|4\d\d (?:Client Error|Forbidden|Unauthorized)|50[0-4]|bad gateway|service unavailable|no healthy upstream|no live upstreams|stale|not ready|unreachable|unavailable)\b/i,
  /** A call that went well. */
  answered: /\b(?:200|201|204)\b|\bok\b|\bconnected\b|\bconnection established\b|\bsucceeded\b|\breachable\b/i,
  /** A user, password or key that the other side does not take. */
  loginRefused:
    /password authentication failed|Access denied for user|WRONGPASS|NOAUTH|invalid (?:username|password|credentials|login|user)|authentication (?:failed|required|error|failure)|login failed|Login incorrect|bad (?:password|credentials)|auth(?:entication)? failed|invalid username-password|SASL.*(?:fail|invalid)|role "[^"]+" does not exist|no pg_hba.conf entry|permission denied for user|invalid (?:api )?(?:key|token)|401 Unauthorized|signature mismatch|ER_ACCESS_DENIED/i,
  /** A certificate that is past its time. */
  certificateExpired:
    /certificate (?:has )?expired|has expired or is not yet valid|CERT_HAS_EXPIRED|certificate is expired|notAfter|CertificateExpired|expired certificate|cert(?:ificate)? .{0,80}expired/i,
  /** Words before the date on which a certificate ended. */
  expiryDate: /expire|notAfter|not after|is after|valid until/i,
  /** A program that says on which port it listens. Every one of a text. */
  listensOn: /\b(?:listen(?:ing|s)?|serving|bound|accept connections)\b[^\n]{0,60}?(?:port[ =:]+|:)(\d{2,5})\b/gi,
  /** A value that an HTTP client may not send in a header. */
  headerRefused:
    /invalid header (?:field )?value|illegal header value|ERR_INVALID_CHAR|Invalid character in header|(?:leading whitespace|return character)[^\n]{0,60}header value|header value[^\n]{0,60}(?:newline|CRLF|\\n)|failed to parse header value/i,
  /** TLS against a server that speaks plain text. */
  plainAnswer:
    /server gave HTTP response to HTTPS client|WRONG_VERSION_NUMBER|wrong version number|SSL_ERROR_RX_RECORD_TOO_LONG|first record does not look like a TLS handshake|packet length too long|Unsupported or unrecognized SSL message|record layer failure|server does not support SSL|The server does not support SSL/i,
  /** Plain text against a server that speaks TLS. */
  tlsWanted:
    /client sent an HTTP request to an HTTPS server|plain HTTP request was sent to HTTPS port|requires (?:a )?(?:SSL|TLS)|SSL connection is required|no encryption\b.*pg_hba|insecure (?:transport|connection)[^\n]{0,20}(?:prohibited|not allowed)/i,
  /** Name, image or arguments of a container that carries the traffic of its pod. */
  trafficProxy: /proxy|envoy|\bmesh\b|dataplane|data-plane|\bsidecar\b|daprd|kuma-dp/i,
  /** A path that the callee does not have. */
  pathUnknown:
    /\b(?:HTTP|status(?:[ _-]?code)?|code|answered|returned|got|response)[ :=/\d.]*404\b|\b404 (?:Not Found|page not found|client error)/i,
  /** A database that the server does not have, with its name. */
  databaseMissing:
    /database ["'`]?([\w.-]+)["'`]? does not exist|Unknown database ["'`]?([\w.-]+)|Cannot open database ["'`]([\w.-]+)|keyspace ["'`]?([\w.-]+)["'`]? (?:does not exist|not found)|no such database:? ["'`]?([\w.-]+)|database not found:? ["'`]?([\w.-]+)/i,
  /** Data that somebody else should have renewed. */
  staleData:
    /stale|out of date|outdated|too old|expired|not refreshed|no (?:fresh|recent|new)|missing (?:snapshot|export|report|backup)|last (?:update|run|refresh)|older than|\bage\b/i,

  // Replicas of which one leads.
  /** Data, a file or a role that another process has locked. */
  lockHeld:
    /\block(?:ing|ed)?\b[^\n]{0,80}(?:resource temporarily unavailable|EAGAIN|EWOULDBLOCK|by another (?:process|program|instance|server|thread)|held by|is (?:already )?(?:held|taken|in use)|already (?:exists|held|locked|in use))|(?:could not|couldn't|cannot|can't|unable to|failed to|fail to) (?:\w+ ){0,3}?(?:(?:acquire|obtain|get|take|grab)\b[^\n]{0,40}\block|lock\b[^\n]{0,40}\b(?:directory|database|ibdata\d*|store|file))|(?:Resource temporarily unavailable|error: 11)[^\n]{0,60}\block|\b(?:database|directory|file|store|index) (?:\S+ )?is (?:already )?(?:locked|in use|being used|opened) by another|database is locked|already (?:locked|in use|being used|opened|running)[^\n]{0,20} by another|another (?:\w+ )?(?:instance|process|server|program)\b[^\n]{0,40}(?:is|are|has|may be) (?:already )?(?:running|using|open|locked|accessing|active)|LockObtainFailed|StoreLockException|OverlappingFileLock|AlreadyLockedException|lock file "?\S+"? already exists|Is another \w+ (?:instance|process|server) (?:running|using)/i,
  /** A replica that waits for a lease, a lock or an election. */
  waitsToLead:
    /attempting to acquire (?:the )?(?:leader )?(?:lease|lock)|waiting (?:to become|for) (?:the )?(?:leader\w*|lock|lease)|(?:lock|lease) is held by \S+ and has not yet expired|failed to acquire lease|(?:running|starting|entering|I am|is|became)(?: now)?(?: in| as)?(?: an?| the)? (?:standby|secondary|follower|passive)\b|not (?:the )?leader|new leader elected|standby mode|another instance is (?:active|leader|running)/i,
  /** A replica that has become the one that leads. */
  leads:
    /successfully acquired (?:the )?(?:leader )?(?:lease|lock)|(?:became|becoming|elected(?: as)?|I am|started leading|acquired)(?: now)?(?: the| as| a)* (?:leader|primary|active|leadership)\b|started leading|became leader|lock acquired/i,

  /** A store, registry, cloud or server that refuses a request for who asks it. */
  refusesCredential:
    /permission denied|access ?denied|unauthori[sz]ed|forbidden|(?:code|status)(?: code)?:? ?40[13]\b|\b40[13]\b ?(?:unauthori|forbidden)|invalid (?:token|credentials?|username|password|api ?key|client (?:id|secret))|bad credentials|authentication (?:failed|required|error)|could not authenticate|unable to (?:log ?in|authenticate)|InvalidClientTokenId|UnrecognizedClientException|SignatureDoesNotMatch|ExpiredToken|(?:token|secret|credentials?) (?:has |have |is )?expired|not authorized/i,

  // The Kubernetes API.
  /** A request that the API server refuses for want of a right. */
  apiDenied: /\b(?:cannot|can't) \w+ resource|is forbidden|403|Forbidden|Unauthorized|serviceaccount/i,
  /** Namespace, ServiceAccount, verb, resource and group of a refused request. */
  rightLacking:
    /system:serviceaccount:([\w.-]+):([\w.-]+)\\?"? cannot (\w+) resource \\?"?([\w./-]+?)\\?"?(?: in API group \\?"?([\w.-]*)\\?"?)?(?:\s|$|,|:)/,
  /** A token that the API server does not take. */
  tokenRefused:
    /the server has asked for the client to provide credentials|invalid bearer token|service ?account token (?:has been invalidated|is expired|has expired)|Unauthorized[^\n]{0,60}(?:kubernetes|apiserver|10\.\d+\.0\.1:443)|(?:kubernetes|apiserver|:443\/api)[^\n]{0,120}\b401\b/i,
  /** A proxy of a service mesh that refuses a call. */
  meshDenied: /RBAC: access denied|rbac_access_denied|unauthorized (?:connection|request) on (?:server|route)|UAEX/,
  /** A client of the API without the token of a ServiceAccount. */
  noToken:
    /serviceaccount\/(?:token|namespace|ca\.crt)|in-cluster config|KUBERNETES_SERVICE_HOST|no (?:service account|serviceaccount) token/i,

  // Settings and files.
  /** A setting that is not set. */
  settingMissing:
    /\b(?:not set|not specified|unspecified|unset|is required|required|undefined|not defined|missing|must be set|must be provided|must specify|not specified|not provided|KeyError|not configured|no value|is empty|cannot be empty|parameter not set|unbound variable|not found in environment|could not find)\b/i,
  /** A file that is not there, or is a directory. */
  fileMissing:
    /No such file or directory|FileNotFound|ENOENT|no such file|NoSuchFileException|cannot open|can't open|does not exist|IsADirectory|Is a directory|EISDIR/i,
  /** A value that the program does not take. */
  valueRejected:
    /invalid|unknown|unexpected|\bbad\b|malformed|parse|unrecogni[sz]ed|illegal|unsupported|not a valid|could not convert|not allowed|must be|out of range|no such (?:option|directive|setting)|ValueError|Config\w*Error|CONFIG FILE ERROR|emerg|not recogni[sz]ed|duplicate|wrong number|should be|cannot be|can't be|expected|unable to convert|NumberFormat/i,
  /** The key itself is what it does not know. */
  directiveUnknown: /directive|option|unknown (?:key|setting|field|parameter)|unrecogni[sz]ed/i,
  /** A file that is no JSON, YAML, TOML or ini, or lacks what it must hold. */
  fileUnparsed:
    /JSONDecodeError|json: |Unexpected token|Unexpected end of JSON|ScannerError|ParserError|YAMLError|yaml: |YAMLException|could not find expected|mapping values are not allowed|toml|TOMLDecodeError|MissingSectionHeader|ParsingError|DuplicateOption|NoSectionError|NoOptionError|parse error|cannot unmarshal|not well-formed|Expecting (?:value|property|',')|invalid character|malformed|failed to parse|KeyError|missing (?:required )?(?:key|option|field|setting|property)/i,
  /** A script that its interpreter cannot read. */
  scriptBroken: /syntax error|SyntaxError|bad substitution|unexpected EOF|unterminated|parse error near/i,

  // What the container may.
  /** A write into a file system that is read-only. */
  readOnlyFiles: /Read-only file system|EROFS/i,
  /** A right of the user that the process lacks, or a program that will not run as root; not what a database or sshd refuses. */
  accessDenied:
    /Permission denied(?! (?:for|to) | \(publickey)|EACCES|Operation not permitted|EPERM|must (?:not )?be run as root|run as root|not permitted to run as root|root execution/i,
  /** A right that only a capability gives. */
  capabilityMissing: /Operation not permitted|EPERM/i,
  /** No space left. */
  diskFull: /No space left on device|ENOSPC|disk (?:is )?full|Disk quota exceeded/i,
  /** The shared memory of a container, 64 MiB unless it is mounted. */
  sharedMemory: /\/dev\/shm|shared memory|\bshm\b/i,
  /** A port that somebody else holds. */
  portTaken: /address already in use|EADDRINUSE|Address in use|port is already allocated/i,

  // The plugins of a node, as the kubelet passes their words on.
  /** A network plugin that has no address left to give. */
  noAddressLeft:
    /failed to (?:assign|allocate) an IP(?:v[46])? address|no (?:more )?(?:free |available )?(?:IPs?|IP addresses|IPv[46] addresses|addresses) (?:are )?(?:available|left|free)|no (?:available|free) (?:IPs?|IP addresses?|addresses?|address)\b|no more free affine blocks|range is full|Assigned 0 out of \d+ requested|insufficient(?: free)? (?:IP )?addresses|InsufficientFreeAddressesInSubnet|InsufficientCidrBlocks|SubnetIsFull|SubnetFull|NoAvailableAddress|AddressPool\S* exhausted|(?:IP|address) pool (?:is )?(?:exhausted|full)|could not allocate IP in range|IP(?:AM)? (?:pool )?exhausted/i,
  /** A network plugin that does not run on the node, or has not written its configuration yet. */
  networkPluginDown:
    /cni plugin (?:is )?not initiali[sz]ed|cni config uninitialized|NetworkPluginNotReady|network is not ready|no networks found in \/etc\/cni|no valid networks found|failed to load CNI config|\/nodename: no such file|subnet\.env: no such file|(?:dial|connect)\S* (?:unix|tcp)[^"]*?(?:\.sock|127\.0\.0\.1:\d+|localhost:\d+|\[::1\]:\d+)[^"]*?(?:no such file|connection refused)|error getting ClusterInformation|connection is unauthorized/i,
  /** A program for another CPU. */
  wrongArchitecture: /exec format error/i,
} as const satisfies Readonly<Record<string, RegExp>>;

/** A program that cannot be run, with its name: the words of the runtime, of shells and of interpreters. */
export const programMissing: readonly RegExp[] = [
  /exec: "([^"]+)": executable file not found/,
  /exec: "([^"]+)": stat [^:]+: no such file or directory/,
  /stat ([^:\s]+): no such file or directory/,
  /exec: "([^"]+)": permission denied/,
  /unable to start container process: .*?"([^"]+)"/,
  /^(?:\/bin\/)?(?:sh|bash|ash|dash)(?:: line \d+|: \d+)*: ([^\s:]+): (?:command )?not found/m,
  /^[^\s:]+: (?:line )?\d+: ([^\s:]+): (?:command )?not found/m,
  /(?:^|\s)([\w./-]+): (?:command )?not found/m,
  /can't open file '([^']+)'/,
  /No module named '?([\w.-]+)'?/,
  /Cannot find module '([^']+)'/,
  /Could not find or load main class (\S+)/,
];

/** Words that stand where a host could, and are none. */
export const noHosts: ReadonlySet<string> = new Set(
  'localhost the a an to address host service line and http https is on of for port server database it resolution name or in not no'.split(
    ' ',
  ),
);

/** Words that stand where a rejected value could, and are none. */
export const noValues: ReadonlySet<string> = new Set('utf-8 main error not invalid the int str value'.split(' '));

/** Field managers that set the number of replicas, down to zero, by what there is to do. */
export const autoscalerNames =
  /keda|knative|autoscaler|pod-autoscaler|activator|http-add-on|openfaas|sablier|osiris|elasti/i;

/** Labels and annotations of tools that put workloads to sleep by the clock or on demand. */
export const sleepKeys =
  /^(?:downscaler\/(?:original-replicas|force-downtime|downtime)|kube-green\.\w+(?:\.\w+)*\/|com\.openfaas\.scale\.zero|sablier\.\w+|serving\.knative\.dev\/revision|autoscaling\.knative\.dev\/min-?scale|snorlax|kube-downscaler\/|(?:[\w.-]+\/)?(?:sleep|hibernat\w*|original-replicas|idled-at|previous-scale)(?:[-./].*)?$|idling\.\w+)/i;

/** The container that a service mesh puts beside a program. */
export const meshProxy = /^(?:istio|linkerd)-proxy$/;

/** How workloads get an identity of a cloud provider by an annotation of their ServiceAccount, and what its clients print. */
export const cloudIdentities = [
  {
    provider: 'AWS',
    annotation: 'eks.amazonaws.com/role-arn',
    variable: 'AWS_ROLE_ARN',
    refused:
      /AccessDenied|UnauthorizedOperation|not authorized to perform|NoCredentialProviders|Unable to locate credentials|could not load credentials|no EC2 IMDS role found|failed to refresh cached credentials|WebIdentityErr/i,
    lacksIdentity:
      /assumed-role\/[^\s"']*node|NodeInstanceRole|NoCredentialProviders|Unable to locate credentials|could not load credentials|no EC2 IMDS role found|failed to refresh cached credentials/i,
    notTrusted: /AssumeRoleWithWebIdentity/i,
  },
  {
    provider: 'Google Cloud',
    annotation: 'iam.gke.io/gcp-service-account',
    variable: null,
    refused:
      /iam\.serviceAccounts\.getAccessToken|could not find default credentials|Permission '?[\w.]+'? denied on resource|does not have (?:storage|[\w]+)\.[\w.]+ (?:access|permission)|googleapi: Error 403|PERMISSION_DENIED/i,
    lacksIdentity:
      /could not find default credentials|default service account|-compute@developer\.gserviceaccount\.com|googleapi: Error 403|PERMISSION_DENIED/i,
    notTrusted: /iam\.serviceAccounts\.getAccessToken/i,
  },
  {
    provider: 'Azure',
    annotation: 'azure.workload.identity/client-id',
    variable: 'AZURE_CLIENT_ID',
    refused:
      /AADSTS\d+|DefaultAzureCredential|ManagedIdentityCredential|AuthorizationFailed|WorkloadIdentityCredential/i,
    lacksIdentity:
      /DefaultAzureCredential[^\n]*(?:failed|unavailable)|ManagedIdentityCredential|Identity not found|WorkloadIdentityCredential[^\n]*(?:unavailable|not)/i,
    notTrusted: /AADSTS70021|AADSTS700\d+|No matching federated identity record/i,
  },
] as const;
