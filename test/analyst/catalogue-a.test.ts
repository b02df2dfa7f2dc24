import { describe, expect, test } from 'vitest';
import { causeOf } from './answer-about.ts';
import { TestCluster } from './cluster.ts';

type Options = Parameters<TestCluster['crash']>[2] & object;

/** The cause of one crashing Deployment `app` in namespace `ns`. */
async function crashCause(options: Options, more: (cluster: TestCluster) => void = () => {}): Promise<string> {
  const cluster = new TestCluster();
  cluster.crash('ns', 'app', options);
  cluster.node('n1');
  more(cluster);
  return causeOf(cluster, 'Deployment', 'ns', 'app');
}

describe('QUA-1: family A, container start and crash', () => {
  const table: [string, Options, string][] = [
    [
      '2: OOMKilled at its limit',
      { exitCode: 137, reason: 'OOMKilled', container: { resources: { limits: { memory: '32Mi' } } } },
      'Deployment app oom_limit [32Mi] high',
    ],
    [
      '4: a variable, Node',
      {
        log: "/srv/app.js:12\n    throw new Error('DATABASE_URL is required')\nError: DATABASE_URL is required\n    at Object.<anonymous> (/srv/app.js:12:11)\n    at Module._compile (node:internal/modules/cjs/loader:1105:14)",
      },
      'Deployment app missing_env [DATABASE_URL] high',
    ],
    [
      '4: a variable, Python',
      {
        log: 'Traceback (most recent call last):\n  File "/app/main.py", line 4, in <module>\n    key = os.environ["API_KEY"]\nKeyError: \'API_KEY\'',
      },
      'Deployment app missing_env [API_KEY] high',
    ],
    [
      '4: a variable, shell',
      { log: '/entrypoint.sh: line 3: SMTP_HOST: parameter not set' },
      'Deployment app missing_env [SMTP_HOST] high',
    ],
    [
      '4: a variable, Java',
      {
        log: 'Exception in thread "main" java.lang.IllegalStateException: Could not start\n\tat com.acme.Main.main(Main.java:10)\nCaused by: java.lang.IllegalArgumentException: environment variable QUEUE_NAME is not set\n\tat com.acme.Settings.read(Settings.java:33)\n\t... 1 more',
      },
      'Deployment app missing_env [QUEUE_NAME] high',
    ],
    [
      '4: a variable, Go',
      { log: '2026/01/01 10:00:00 FATAL config: required key REDIS_ADDR missing value' },
      'Deployment app missing_env [REDIS_ADDR] high',
    ],
    [
      '5: StartError',
      {
        exitCode: 128,
        reason: 'StartError',
        message:
          'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: "wge": executable file not found in $PATH',
      },
      'Deployment app bad_command [wge] high',
    ],
    [
      '5: an absolute path',
      {
        exitCode: 128,
        reason: 'StartError',
        message:
          'failed to create containerd task: unable to start container process: error during container init: exec: "/usr/local/bin/strt": stat /usr/local/bin/strt: no such file or directory',
      },
      'Deployment app bad_command [/usr/local/bin/strt] high',
    ],
    [
      '5: a shell that does not find it',
      { exitCode: 127, log: '/bin/sh: 1: serve-it: not found' },
      'Deployment app bad_command [serve-it] high',
    ],
    [
      '10: two containers want one port',
      {
        log: 'OSError: [Errno 98] Address already in use: port 8080',
        spec: {
          containers: [
            { name: 'app', image: 'a:1', ports: [{ containerPort: 8080 }] },
            { name: 'proxy', image: 'p:1', ports: [{ containerPort: 8080 }] },
          ],
        },
      },
      'Deployment app port_conflict [8080] high',
    ],
    [
      '11: an inline script',
      { exitCode: 2, log: 'sh: 1: Syntax error: "done" unexpected' },
      'Deployment app script_error [sh: 1: Syntax error: "done" unexpected] high',
    ],
    [
      '13: read-only root',
      {
        log: 'Traceback (most recent call last):\n  File "/app/main.py", line 9, in <module>\n    open("/app/cache.db", "w")\nOSError: [Errno 30] Read-only file system: \'/app/cache.db\'',
        container: { securityContext: { readOnlyRootFilesystem: true } },
      },
      'Deployment app security_context [readOnlyRootFilesystem] high',
    ],
    [
      '13: a user without rights',
      {
        log: "PermissionError: [Errno 13] Permission denied: '/var/lib/app/data'",
        container: { securityContext: { runAsUser: 1000 } },
      },
      'Deployment app security_context [runAsUser] high',
    ],
    [
      '14: an emptyDir is full',
      {
        log: 'write /cache/x.tmp: no space left on device\nOSError: [Errno 28] No space left on device',
        spec: {
          containers: [{ name: 'app', image: 'a:1', volumeMounts: [{ name: 'cache', mountPath: '/cache' }] }],
          volumes: [{ name: 'cache', emptyDir: { sizeLimit: '16Mi' } }],
        },
      },
      'Deployment app disk_full [16Mi] high',
    ],
    [
      '15: /dev/shm',
      { log: "OSError: [Errno 28] No space left on device: '/dev/shm/psm_1'" },
      'Deployment app shm_exhausted [/dev/shm] high',
    ],
    [
      '24: another architecture',
      { log: 'exec /app/server: exec format error' },
      'Deployment app wrong_arch [registry.test/app:1.0] high',
    ],
    [
      '1: an end without a reason is not made up',
      { exitCode: 3, log: 'starting\nworking' },
      'Deployment app app_exit [3] low',
    ],
    [
      '1: exit 0',
      { exitCode: 0, reason: 'Completed', log: 'mode once: done', container: { args: ['--once'] } },
      'Deployment app app_exit [--once] high',
    ],
    [
      '109: no token',
      {
        log: 'unable to load in-cluster configuration: open /var/run/secrets/kubernetes.io/serviceaccount/token: no such file or directory',
        spec: { automountServiceAccountToken: false },
      },
      'Deployment app no_sa_token [automountServiceAccountToken] high',
    ],
    [
      '1: a file that is not in the image',
      { log: "FileNotFoundError: [Errno 2] No such file or directory: '/etc/app/license.key'" },
      'Deployment app missing_file [/etc/app/license.key] high',
    ],
  ];
  test.each(table)('%s', async (_title, options, wanted) => {
    expect(await crashCause(options)).toBe(wanted);
  });

  test('12: an expired certificate in a mounted Secret', async () => {
    const spec = {
      containers: [{ name: 'app', image: 'a:1', volumeMounts: [{ name: 'tls', mountPath: '/tls' }] }],
      volumes: [{ name: 'tls', secret: { secretName: 'app-tls' } }],
    };
    const log = 'ERROR cannot load /tls/tls.crt: certificate has expired: notAfter 2025-12-01T00:00:00Z';
    const cause = await crashCause({ spec, log }, (cluster) => {
      cluster.add('Secret', 'ns', 'app-tls', {
        type: 'kubernetes.io/tls',
        data: { 'tls.crt': 'eA==', 'tls.key': 'eA==' },
      });
    });
    expect(cause).toBe('Secret app-tls cert_expired [2025-12-01T00:00:00Z] high');
  });

  test('28: a key that an envFrom should bring', async () => {
    const container = { envFrom: [{ configMapRef: { name: 'settings' } }] };
    const cause = await crashCause({ container, log: "KeyError: 'REDIS_URL'" }, (cluster) => {
      cluster.add('ConfigMap', 'ns', 'settings', { data: { OTHER: '1' } });
    });
    expect(cause).toBe('ConfigMap settings missing_key [REDIS_URL] high');
  });

  test('28: a file that the ConfigMap does not have', async () => {
    const spec = {
      containers: [{ name: 'app', image: 'a:1', volumeMounts: [{ name: 'c', mountPath: '/etc/app' }] }],
      volumes: [{ name: 'c', configMap: { name: 'conf' } }],
    };
    const log = "FileNotFoundError: [Errno 2] No such file or directory: '/etc/app/app.yaml'";
    const cause = await crashCause({ spec, log }, (cluster) => {
      cluster.add('ConfigMap', 'ns', 'conf', { data: { 'app.yml': 'a: 1' } });
    });
    expect(cause).toBe('ConfigMap conf missing_key [app.yaml] high');
  });

  test('29: a value of a ConfigMap that the program rejects', async () => {
    const container = { env: [{ name: 'WORKERS', valueFrom: { configMapKeyRef: { name: 'conf', key: 'workers' } } }] };
    const log = "ValueError: invalid literal for int() with base 10: 'eight'";
    const cause = await crashCause({ container, log }, (cluster) => {
      cluster.add('ConfigMap', 'ns', 'conf', { data: { workers: 'eight' } });
    });
    expect(cause).toBe('ConfigMap conf bad_config_value [eight] high');
  });

  test('29: a file of a ConfigMap that cannot be parsed', async () => {
    const spec = {
      containers: [{ name: 'app', image: 'a:1', volumeMounts: [{ name: 'c', mountPath: '/etc/app' }] }],
      volumes: [{ name: 'c', configMap: { name: 'conf' } }],
    };
    const log =
      '2026-01-01 10:00:00 INFO loading /etc/app/app.json\nTraceback (most recent call last):\n  File "/app/main.py", line 4, in <module>\n    json.load(f)\njson.decoder.JSONDecodeError: Expecting \',\' delimiter: line 3 column 3 (char 20)';
    const cause = await crashCause({ spec, log }, (cluster) => {
      cluster.add('ConfigMap', 'ns', 'conf', { data: { 'app.json': '{\n  "a": 1\n  "retries": 2\n}' } });
    });
    expect(cause).toBe('ConfigMap conf bad_config_value ["retries": 2] high');
  });

  test('18: a postStart hook that fails', async () => {
    const container = { lifecycle: { postStart: { exec: { command: ['/hooks/warm-up.sh'] } } } };
    const cause = await crashCause({ exitCode: 0, reason: 'Completed', container, log: 'ready' }, (cluster) => {
      cluster.event('Pod', 'ns', 'app-5d8f-abcde', 'FailedPostStartHook', 'PostStartHook failed');
    });
    expect(cause).toBe('Deployment app hook_failed [/hooks/warm-up.sh] high');
  });

  test('17: a mutating webhook rewrites the limit', async () => {
    const cluster = new TestCluster();
    cluster.crash('ns', 'app', {
      exitCode: 137,
      reason: 'OOMKilled',
      container: { resources: { limits: { memory: '16Mi' } } },
    });
    const deployment = cluster.objects.find((it) => it.kind === 'Deployment') as unknown as {
      spec: { template: unknown };
    };
    deployment.spec.template = {
      metadata: { labels: { app: 'app' } },
      spec: {
        containers: [{ name: 'app', image: 'registry.test/app:1.0', resources: { limits: { memory: '512Mi' } } }],
      },
    };
    cluster.add('MutatingWebhookConfiguration', null, 'sizer', {
      webhooks: [{ name: 'sizer.test', rules: [{ resources: ['pods'] }] }],
    });
    expect(await causeOf(cluster, 'Deployment', 'ns', 'app')).toBe(
      'MutatingWebhookConfiguration sizer webhook_mutation [16Mi] high',
    );
  });

  test('48: a LimitRange default is the limit', async () => {
    const cluster = new TestCluster();
    cluster.crash('ns', 'app', {
      exitCode: 137,
      reason: 'OOMKilled',
      container: { resources: { limits: { memory: '16Mi' } } },
    });
    const deployment = cluster.objects.find((it) => it.kind === 'Deployment') as unknown as {
      spec: { template: unknown };
    };
    deployment.spec.template = {
      metadata: { labels: { app: 'app' } },
      spec: { containers: [{ name: 'app', image: 'registry.test/app:1.0' }] },
    };
    cluster.add('LimitRange', 'ns', 'defaults', {
      spec: { limits: [{ type: 'Container', default: { memory: '16Mi' } }] },
    });
    expect(await causeOf(cluster, 'Deployment', 'ns', 'app')).toBe('LimitRange defaults limitrange [16Mi] high');
  });

  test('16: a CronJob that keeps lowering the limit', async () => {
    const cluster = new TestCluster();
    cluster.crash('ns', 'app', {
      exitCode: 137,
      reason: 'OOMKilled',
      container: { resources: { limits: { memory: '16Mi' } } },
    });
    const deployment = cluster.objects.find((it) => it.kind === 'Deployment') as unknown as {
      metadata: { generation: number };
    };
    deployment.metadata.generation = 9;
    const command = ['sh', '-c', 'kubectl -n ns set resources deployment/app --limits=memory=16Mi'];
    cluster.add('CronJob', 'ops', 'saver', {
      spec: {
        schedule: '* * * * *',
        jobTemplate: { spec: { template: { spec: { containers: [{ name: 'saver', image: 'kubectl:1', command }] } } } },
      },
    });
    expect(await causeOf(cluster, 'Deployment', 'ns', 'app')).toBe('CronJob saver recurring_actor [16Mi] high');
  });
});
