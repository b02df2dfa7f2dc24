/*
 * The part of the lexicon that tells why processes end: what they say of the node, the API, their runtime, their volumes
 * and their image. As in the lexicon, a new wording is added here, once, and many programs share a kind.
 */

/** A limit of the kernel that is used up, or too low for the program. */
export interface KernelLimit {
  readonly what: string;
  /** The setting of the node. */
  readonly setting: string;
  /** It counts for the whole node, whatever one process does. */
  readonly shared: boolean;
  readonly said: RegExp;
}

/** In what words programs say that a limit of the kernel is reached; the surer and narrower ones first. */
export const kernelLimits: readonly KernelLimit[] = [
  {
    what: 'inotify watches',
    setting: 'fs.inotify.max_user_watches',
    shared: true,
    said: /max_user_watches|number of (?:file watchers|inotify watches)|inotify[_ ]add[_ ]watch|inotify watch(?:es)? limit/i,
  },
  {
    what: 'inotify instances',
    setting: 'fs.inotify.max_user_instances',
    shared: true,
    said: /inotify|(?:watch(?:er|ing|es)?|fsnotify)\b.{0,80}too many open files|too many open files.{0,40}watch/i,
  },
  {
    what: 'memory map areas',
    setting: 'vm.max_map_count',
    shared: true,
    said: /max_map_count|max virtual memory areas/i,
  },
  {
    what: 'asynchronous I/O requests',
    setting: 'fs.aio-max-nr',
    shared: true,
    said: /aio-max-nr|io_setup\(?\)?.{0,60}(?:EAGAIN|failed|Resource temporarily)/i,
  },
  {
    what: 'tracked connections',
    setting: 'net.netfilter.nf_conntrack_max',
    shared: true,
    said: /nf_conntrack|conntrack.{0,30}(?:table )?full/i,
  },
  {
    what: 'semaphores or shared memory segments',
    setting: 'kernel.sem',
    shared: true,
    said: /could not create semaphores|semget\b|\bSEMMN[IS]\b|\bSHMMNI\b/i,
  },
  {
    what: 'open files of the whole system',
    setting: 'fs.file-max',
    shared: true,
    said: /too many open files in system|\bENFILE\b|file-max/i,
  },
  {
    what: 'processes and threads',
    setting: 'pids',
    shared: false,
    said: /fork.{0,40}resource temporarily unavailable|cannot fork|can't fork|pthread_create.{0,60}(?:failed|EAGAIN|Resource)|unable to create (?:new )?native thread|can't start new thread|failed to create new OS thread|failed to create a thread|max (?:number of )?(?:user )?processes.{0,60}(?:too low|limit)|pids\.max|max number of threads .{0,60}too low/i,
  },
  {
    what: 'open files',
    setting: 'nofile',
    shared: false,
    said: /too many open files|\bEMFILE\b|max(?:imum)? (?:number of )?(?:open )?file descriptors .{0,60}too low|file descriptor limit|RLIMIT_NOFILE|ulimit -n/i,
  },
  {
    what: 'locked memory',
    setting: 'memlock',
    shared: false,
    said: /RLIMIT_MEMLOCK|memlock|cannot lock memory|unable to lock JVM memory/i,
  },
];

/** The number of a limit where a message quotes it: `limit (128)`, `[65530] is too low`, `limit of 1024`. */
export const limitNumber: readonly RegExp[] = [
  /limit[^\d\n]{0,12}\((\d+)\)/i,
  /\[(\d+)\] is too low/i,
  /(?:limit|maximum|max)(?: of| is|:|=)? ?(\d{2,})\b/i,
  /(?:max_map_count|aio-max-nr|max_user_instances|max_user_watches|pids\.max|ulimit -n)[ =:is]{1,6}(\d+)/i,
];

/** The CPU feature that a program says it needs. */
export const cpuFeature: readonly RegExp[] = [
  /requires? (?:a |an )?(?:CPU|processor)s? (?:with|that supports?) (?:the )?([\w.-]+)/i,
  /(?:CPU|processor)\b.{0,60}(?:does not|doesn't) (?:support|have) (?:the )?(?:required )?([\w.-]+)/i,
  /(?:CPU|processor) (?:lacks|is missing|without) (?:the )?(?:support for )?([\w.-]+)/i,
  /\b(x86-64-v[234]|AVX(?:2|512\w*)?|SSE4(?:\.[12]|_[12])?|SSSE3|BMI2|FMA|NEON|LSE)\b.{0,60}(?:not (?:supported|available|present|found|detected)|(?:is )?(?:required|needed|missing))/i,
  /(?:without|no|lacks?|missing|not support(?:ing)?|needs?|requires?) (?:support for )?(x86-64-v[234]|AVX(?:2|512\w*)?|SSE4(?:\.[12]|_[12])?|SSSE3)\b/i,
  /CPU ISA level is lower than (required)/i,
];

/** A process that the CPU stopped. */
export const illegalInstruction = /illegal instruction|\bSIGILL\b/i;

/** A kind of the API that a client asks for in vain: kind and group/version. */
export const kindUnknown: readonly RegExp[] = [
  /no matches for kind \\?"(?<kind>\w+)\\?" in (?:version|group) \\?"(?<version>[\w./-]+)\\?"/,
  /no matches for (?<version>[\w.-]+\/v\w+), ?(?:Kind|Resource)=(?<kind>\w+)/,
  /could not find the requested resource \((?:\w+) (?<plural>[a-z]+)\.(?<group>[\w-]+(?:\.[\w-]+)+)\)/,
  /failed to list \*(?<version>v\w+)\.(?<kind>\w+): the server could not find the requested resource/,
  /failed to watch \*(?<version>v\w+)\.(?<kind>\w+): .{0,80}the server could not find the requested resource/,
  /customresourcedefinitions?(?:\.apiextensions\.k8s\.io)? \\?"?(?<plural>[a-z]+)\.(?<group>[\w-]+(?:\.[\w-]+)+)\\?"? not found/i,
  /\bCRDs? \\?"?(?<plural>[a-z]+)\.(?<group>[\w-]+(?:\.[\w-]+)+)\\?"? (?:is |are )?(?:not (?:found|installed|present|available|established)|missing)/i,
  /(?:404|not found)\b.{0,120}\/apis\/(?<version>[\w.-]+\/v\w+)\/(?:namespaces\/[\w.-]+\/)?(?<plural>[a-z]+)\b/i,
  /\/apis\/(?<version>[\w.-]+\/v\w+)\/(?:namespaces\/[\w.-]+\/)?(?<plural>[a-z]+)\b.{0,120}(?:404|not found)/i,
];

/** Versions of Kubernetes' own API that servers have ceased to serve, with the release that did and what serves it now. */
export const removedApis: ReadonlyMap<string, { readonly since: string; readonly now: string }> = new Map(
  [
    ['extensions/v1beta1', '1.22', 'apps/v1 or networking.k8s.io/v1'],
    ['apps/v1beta1', '1.16', 'apps/v1'],
    ['apps/v1beta2', '1.16', 'apps/v1'],
    ['policy/v1beta1', '1.25', 'policy/v1'],
    ['batch/v1beta1', '1.25', 'batch/v1'],
    ['batch/v2alpha1', '1.21', 'batch/v1'],
    ['autoscaling/v2beta1', '1.25', 'autoscaling/v2'],
    ['autoscaling/v2beta2', '1.26', 'autoscaling/v2'],
    ['networking.k8s.io/v1beta1', '1.22', 'networking.k8s.io/v1'],
    ['rbac.authorization.k8s.io/v1beta1', '1.22', 'rbac.authorization.k8s.io/v1'],
    ['admissionregistration.k8s.io/v1beta1', '1.22', 'admissionregistration.k8s.io/v1'],
    ['apiextensions.k8s.io/v1beta1', '1.22', 'apiextensions.k8s.io/v1'],
    ['apiregistration.k8s.io/v1beta1', '1.22', 'apiregistration.k8s.io/v1'],
    ['certificates.k8s.io/v1beta1', '1.22', 'certificates.k8s.io/v1'],
    ['coordination.k8s.io/v1beta1', '1.22', 'coordination.k8s.io/v1'],
    ['discovery.k8s.io/v1beta1', '1.25', 'discovery.k8s.io/v1'],
    ['events.k8s.io/v1beta1', '1.25', 'events.k8s.io/v1'],
    ['node.k8s.io/v1beta1', '1.25', 'node.k8s.io/v1'],
    ['scheduling.k8s.io/v1beta1', '1.22', 'scheduling.k8s.io/v1'],
    ['storage.k8s.io/v1beta1', '1.27', 'storage.k8s.io/v1'],
    ['flowcontrol.apiserver.k8s.io/v1beta1', '1.26', 'flowcontrol.apiserver.k8s.io/v1'],
    ['flowcontrol.apiserver.k8s.io/v1beta2', '1.29', 'flowcontrol.apiserver.k8s.io/v1'],
    ['flowcontrol.apiserver.k8s.io/v1beta3', '1.32', 'flowcontrol.apiserver.k8s.io/v1'],
  ].map(([version = '', since = '', now = '']) => [version, { since, now }]),
);

/** The group of kinds that clients name by Go package and kind only (`*v1beta1.PodDisruptionBudget`). */
export const builtInGroups: ReadonlyMap<string, string> = new Map(
  Object.entries({
    PodDisruptionBudget: 'policy',
    PodSecurityPolicy: 'policy',
    CronJob: 'batch',
    Job: 'batch',
    HorizontalPodAutoscaler: 'autoscaling',
    Ingress: 'networking.k8s.io',
    IngressClass: 'networking.k8s.io',
    NetworkPolicy: 'networking.k8s.io',
    EndpointSlice: 'discovery.k8s.io',
    Lease: 'coordination.k8s.io',
    CSIStorageCapacity: 'storage.k8s.io',
    CSIDriver: 'storage.k8s.io',
    StorageClass: 'storage.k8s.io',
    RuntimeClass: 'node.k8s.io',
    PriorityClass: 'scheduling.k8s.io',
    CustomResourceDefinition: 'apiextensions.k8s.io',
    ValidatingWebhookConfiguration: 'admissionregistration.k8s.io',
    MutatingWebhookConfiguration: 'admissionregistration.k8s.io',
    CertificateSigningRequest: 'certificates.k8s.io',
    FlowSchema: 'flowcontrol.apiserver.k8s.io',
    Deployment: 'apps',
    DaemonSet: 'apps',
    StatefulSet: 'apps',
    ReplicaSet: 'apps',
    ClusterRole: 'rbac.authorization.k8s.io',
    Role: 'rbac.authorization.k8s.io',
    Event: 'events.k8s.io',
  }),
);

/** A runtime that has used up the memory that it gives itself, and where that is set. */
export interface HeapWords {
  readonly runtime: string;
  readonly said: RegExp;
  /** The setting as it stands in arguments, variables and files. */
  readonly setting: RegExp;
  /** What holds when nothing is set. */
  readonly unset: string;
}

export const heapWords: readonly HeapWords[] = [
  {
    runtime: 'Java, outside of the heap',
    said: /OutOfMemoryError: (?:Metaspace|Compressed class space|(?:Cannot reserve \d+ bytes of )?Direct buffer memory)/i,
    setting: /-XX:Max(?:Metaspace|DirectMemory)Size=\d+[kmg]?|-XX:CompressedClassSpaceSize=\d+[kmg]?/i,
    unset: 'no limit of metaspace or direct memory is set',
  },
  {
    runtime: 'Java',
    said: /OutOfMemoryError(?!: (?:unable to create|Metaspace|Compressed))|GC overhead limit exceeded|Terminating due to java\.lang\.OutOfMemoryError/i,
    setting:
      /-Xmx\d+[kmg]?|-XX:MaxHeapSize=\d+[kmg]?|-XX:Max(?:RAMPercentage|RAMFraction)=[\d.]+|-XX:MaxRAM=\d+[kmg]?/i,
    unset: 'without -Xmx or MaxRAMPercentage Java takes a quarter of the container limit',
  },
  {
    runtime: 'Node',
    said: /JavaScript heap out of memory|Reached heap limit|Ineffective mark-compacts near heap limit/i,
    setting: /--max[-_]old[-_]space[-_]size[= ]\d+/i,
    unset: 'without --max-old-space-size Node chooses its own heap limit',
  },
  {
    runtime: 'PHP',
    said: /Allowed memory size of \d+ bytes exhausted/i,
    setting: /memory_limit *=? *"?\d+[KMG]?|PHP_MEMORY_LIMIT/i,
    unset: 'memory_limit of PHP is 128M unless it is set',
  },
  {
    runtime: '.NET',
    said: /System\.OutOfMemoryException|Insufficient memory to continue the execution/i,
    setting: /GCHeapHardLimit(?:Percent)?[":= ]+\w+/i,
    unset: '.NET takes 75 % of the container limit for its heap unless GCHeapHardLimit is set',
  },
];

/** A file that the user of the process may not write or read. */
export const fileRefused =
  /permission denied(?! (?:for|to) | \(publickey)|EACCES|operation not permitted|EPERM|(?:not|isn't|is not) writ(?:e)?able|no write permission|AccessDeniedException|UnauthorizedAccessException|access to the path .{1,200} is denied|could not (?:change|set) permissions|insufficient permissions? (?:on|for|to)|unable to (?:write|create).{1,120}(?:permission|denied)|must be (?:writable|owned)|has wrong ownership|wrong owner(?:ship)?|file access denied|wrong volume permissions|has invalid permissions/i;

/** A key file that others may read too: the program wants it closed. */
export const keyTooOpen =
  /(?:permissions? .{0,40}(?:are|is) too open|has group or world access|is (?:group|world)[ -]?(?:or (?:group|world)[ -]?)?(?:readable|writable|accessible)|unprotected private key)/i;

/** What is wrong with the data that a program finds on its volume. */
export interface ContentWords {
  readonly kind: 'leftover' | 'version' | 'identity' | 'damage';
  readonly said: RegExp;
}

export const contentWords: readonly ContentWords[] = [
  {
    kind: 'leftover',
    said: /lost\+found|(?:data(?:base)? )?directory .{0,120}(?:exists but is not empty|is not empty|has files in it)|--initialize specified but the data directory has files/i,
  },
  {
    kind: 'version',
    said: /(?:database )?files are incompatible with (?:this )?server|initialized by PostgreSQL version|invalid featureCompatibilityVersion|featureCompatibilityVersion.{0,80}(?:incompatible|unsupported|invalid|must be)|Wrong mongod version|cannot (?:downgrade|upgrade) .{0,60}(?:from|version)|(?:downgrad|upgrad)(?:e|ing) .{0,60}(?:is )?not supported|can't handle RDB format version|unsupported (?:file |data |on-disk |storage |index )?format(?: version)?|(?:data|database|index|storage|schema|node|store).{0,60}(?:written|created|made|last used|was run) (?:with|by|in) (?:a )?(?:newer|older|later|incompatible|unsupported)|newer (?:data(?:base)?|format|file|schema) version|incompatible (?:data|database|on-disk|storage|index) (?:version|format|files?)|cannot be (?:read|opened) by this version/i,
  },
  {
    kind: 'identity',
    said: /InconsistentClusterId|InconsistentBrokerId|(?:cluster|broker|node|server|replica|member|fs|system)[ ._-]?(?:id|identifier|UUID)\b.{0,120}(?:(?:does ?n[o']t|do not|not) match|mismatch|differs|inconsistent|already (?:been )?bootstrapped)|(?:inconsistent|mismatch(?:ed|ing)?|different) (?:cluster|broker|node|server)[ ._-]?(?:id|UUID)|member .{0,60}has already been bootstrapped|belongs to (?:a |an )?(?:different|another) (?:cluster|node|instance|server)/i,
  },
  {
    kind: 'damage',
    said: /(?:data|database|file|page|index|log|WAL|segment|block|checkpoint|tablespace|store|record|manifest|AOF|RDB|commitlog|journal|snapshot).{0,80}\b(?:corrupt(?:ed|ion)?|malformed|bad magic|checksum (?:mismatch|failed|error)|is damaged)|could not locate a valid checkpoint record|invalid (?:primary )?checkpoint record|bad file format reading the append only file|\bcorrupt(?:ed|ion)?\b.{0,80}(?:data|file|log|block|record|index|segment|page)|Short read or OOM loading DB|checksum mismatch/i,
  },
];

/** A part of the system that the image lacks: a library, a version of it, a newer runtime. */
export const libraryMissing: readonly RegExp[] = [
  /error while loading shared libraries: ([\w.+-]+)/i,
  /error loading shared library ([\w.+-]+)/i,
  /\b(lib[\w.+-]+\.so[\w.]*): cannot open shared object file/i,
  /version [`']((?:GLIBC|GLIBCXX|CXXABI|OPENSSL|NODE_MODULE_VERSION)_?[\w.]+)' not found/i,
  /(?:UnsupportedClassVersionError).{0,200}(class file version [\d.]+)/i,
  /was compiled against a different Node\.js version using\s*(NODE_MODULE_VERSION \d+)/i,
  /You must install or update \.NET .{0,120}?['"]?(Microsoft\.[\w.]+)/i,
  /(?:symbol lookup error|Error relocating) .{0,120}?(?:undefined symbol: |: )(\w+)/i,
];

/** A client that is too old or too new for its server, as either of them says it. */
export const clientVersion =
  /aborting because of server version mismatch|(?:client|driver)(?:'s)? (?:API )?version .{0,60}(?:is )?(?:too (?:old|new)|not supported|unsupported|incompatible)|client is newer than server|reports (?:maximum )?wire version \d+.{0,80}(?:requires|supports)|SCRAM authentication requires libpq version|does not support authentication protocol requested by server|Authentication plugin ['"]?caching_sha2_password['"]? (?:cannot be loaded|is not supported|reported error)|UnsupportedVersionException|UNSUPPORTED_VERSION|broker (?:is too old|does not support the (?:required|requested))|Unsupported Database: |(?:state snapshot|state file|lock file|project|repository|schema|manifest) (?:was|were) (?:created|written|made) by .{0,60}(?:which is )?newer than|Minimum supported API version is|unsupported protocol version|protocol version (?:mismatch|is not supported by)|server version .{0,40}(?:is )?(?:older than|below|lower than|not supported|unsupported|too old)|requires (?:at least )?(?:server|cluster|Kubernetes|PostgreSQL|MySQL|MongoDB|Redis|Elasticsearch|Kafka) (?:version )?v?[\d.]+/i;

/** A directory that its group may write, which the program does not accept. */
export const modeTooOpen = /has invalid permissions|has group or world access|should be u=rwx|too permissive/i;

/** A flag that a program does not know, with its name. */
export const flagUnknown: readonly RegExp[] = [
  /flag provided but not defined: (-{1,2}[\w.-]+)/,
  /(?:unknown|unrecogni[sz]ed|unexpected|invalid|no such|unsupported|illegal) (?:(?:long |short |command[- ]line )?(?:flags?|options?|arguments?|switch|parameter))[^\w\n-]{0,6}['"`‘]?(-{1,2}\w[\w.-]*)/i,
  /(?:flag|option|argument) ['"`‘]?(-{1,2}\w[\w.-]*)['"`’]? (?:is )?(?:not (?:recogni[sz]ed|defined|known|supported|valid)|unknown|has been removed|was removed|wasn't expected)/i,
  /found argument ['"`‘](-{1,2}\w[\w.-]*)['"`’] which wasn't expected/i,
  /unexpected argument ['"`‘](-{1,2}\w[\w.-]*)['"`’] found/i,
  /Unrecognized VM option ['"`](\S+?)['"`]/,
];
