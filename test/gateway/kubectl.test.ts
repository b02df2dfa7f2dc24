import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { recordedAccess } from '../support/api-attacks.ts';
import { type ControlPlane, startControlPlane } from '../support/control-plane.ts';
import { type GatewayUnderTest, openGatewayRun } from '../support/gateway-run.ts';
import { type KubeletLogs, startKubeletLogs } from '../support/kubelet-logs.ts';
import { waitUntil } from '../support/wait-until.ts';

/** None of them has a form that a rule knows: only that they are values of Secrets gives them away. */
const values = { password: 'plumtree-orchard-nine', user: 'harbour-master-one', applied: 'saltmarsh-heron-four' };
const encoded = Object.values(values).map((value) => Buffer.from(value).toString('base64'));
const forbidden = [...Object.values(values), ...encoded];

let kubelet: KubeletLogs;
let plane: ControlPlane;
let run: GatewayUnderTest;
let sent: { readonly method: string }[];

beforeAll(async () => {
  kubelet = await startKubeletLogs();
  plane = await startControlPlane({ level: 'kubelets', kubeletPort: kubelet.port });
  await plane.apply(...objects());
  await plane.kubectl(['-n', 'shop', 'wait', '--for=condition=Ready', 'pod/web', '--timeout=50s']);
  kubelet.set('shop', 'web', 'app', `started\nlogin with ${values.password}\npassword=hunter-in-the-reeds\ndone\n`);
  const recorded = await recordedAccess(plane.kubeconfig);
  ({ sent } = recorded);
  run = await openGatewayRun(recorded.access, { kubernetes: { watch_timeout: '5s', max_requests: 0 } });
}, 120_000);
afterAll(async () => {
  await run?.close();
  await plane?.stop();
  await kubelet?.stop();
});

function objects(): object[] {
  const metadata = (name: string) => ({ name, namespace: 'shop' });
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
    { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' } },
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: metadata('db'),
      stringData: { password: values.password, user: values.user },
    },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        ...metadata('settings'),
        annotations: {
          'example.com/copy': JSON.stringify({
            apiVersion: 'v1',
            kind: 'Secret',
            metadata: metadata('old'),
            stringData: { key: values.applied },
          }),
        },
      },
      data: { 'app.conf': 'mode=plain\npassword=hunter-in-the-reeds\n' },
    },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...metadata('web'), labels: { app: 'web' } },
      spec: {
        nodeName: 'n1',
        containers: [{ name: 'app', image: 'web:1', env: [{ name: 'DB_PASSWORD', value: 'hunter-in-the-reeds' }] }],
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: metadata('web.1'),
      involvedObject: { kind: 'Pod', namespace: 'shop', name: 'web' },
      type: 'Warning',
      reason: 'Unhealthy',
      message: 'probe failed: token=hunter-in-the-reeds-again',
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: metadata('cart'),
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: 'cart' } },
        template: { metadata: { labels: { app: 'cart' } }, spec: { containers: [{ name: 'app', image: 'cart:1' }] } },
      },
    },
  ];
}

describe('GAT-1: real kubectl reads through the gateway', () => {
  test.each([
    ['get pods -A', /shop\s+web\s+1\/1/],
    ['get pods -n shop -o wide', /NOMINATED NODE/],
    ['get pod web -n shop -o yaml', /kind: Pod/],
    ['get pods,deployments,nodes -A -o name', /deployment\.apps\/cart/],
    ['get pods -n shop -l app=web --field-selector=status.phase=Running --chunk-size=1', /web/],
    ['get deployment cart -n shop -o jsonpath={.spec.replicas}', /^1$/],
    ['get deployment cart -n shop --subresource=scale', /cart/],
    ['get deployment cart -n shop --subresource=status -o name', /cart/],
    ['get events -n shop', /Unhealthy/],
    ['describe pod web -n shop', /Name:\s+web/],
    ['describe secret db -n shop', /password:\s+\d+ bytes/],
    ['logs web -n shop', /^started$/m],
    ['logs -l app=web -n shop --tail=1', /^done$/m],
    ['explain pod.spec.containers.image', /Container image name/],
    ['api-resources', /deployments\s+deploy/],
    ['api-versions', /^apps\/v1$/m],
    ['version', /Server Version/],
    ['cluster-info', /is running at/],
    ['get --raw /readyz', /^ok$/],
    ['get --raw /api/v1/namespaces/shop/pods?limit=1', /"PodList"/],
    ['rollout history deployment/cart -n shop', /REVISION/],
    ['events -n shop', /Unhealthy/],
    ['auth can-i get pods', /^yes/],
    ['auth can-i get pods --subresource=log -A', /^yes/],
    ['auth can-i --list', /pods\/log/],
    ['auth whoami', /nightcrier:agent/],
  ])('%s', async (args, shows) => {
    const { code, out, err } = await run.kubectl(...args.split(' '));
    expect({ code, err }).toEqual({ code: 0, err: expect.any(String) as string });
    expect(out).toMatch(shows);
  });

  test('get --watch shows what changes, and ends with the time of a watch', async () => {
    const watched = run.kubectl('get', 'configmaps', '-n', 'shop', '--watch', '--request-timeout=4s');
    await waitUntil(() => run.audit().length > 0, 'a request');
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await plane.kubectl(['-n', 'shop', 'create', 'configmap', 'later']);
    expect((await watched).out).toMatch(/^later\s/m);
  });

  test('logs --follow ends with the log', async () => {
    const { code, out } = await run.kubectl('logs', 'web', '-n', 'shop', '--follow');
    expect([code, out.split('\n')[0]]).toEqual([0, 'started']);
  });

  test('a metrics API that is not there is told in the words of kubectl', async () => {
    expect((await run.kubectl('top', 'pods', '-A')).err).toMatch(/Metrics API not available/);
  });
});

describe('GAT-1: real kubectl changes nothing through the gateway', () => {
  const changes = [
    'delete pod web -n shop',
    'delete pods --all -n shop',
    'delete deployment cart -n shop --force --grace-period=0',
    'delete --raw /api/v1/namespaces/shop/pods/web',
    'create configmap x -n shop',
    'create namespace x',
    'create serviceaccount x -n shop',
    'create token default -n shop',
    'create deployment x --image=x -n shop',
    'create --raw /api/v1/namespaces/shop/pods -f /dev/null',
    'create clusterrolebinding x --clusterrole=cluster-admin --user=x',
    'run x --image=x -n shop',
    'run x --image=x -n shop --dry-run=server',
    'scale deployment cart -n shop --replicas=0',
    'set image deployment/cart app=evil -n shop',
    'label pod web -n shop x=y',
    'annotate pod web -n shop x=y',
    'patch pod web -n shop -p {"metadata":{"labels":{"x":"y"}}}',
    'patch deployment cart -n shop --subresource=scale --type=merge -p {"spec":{"replicas":0}}',
    'rollout restart deployment/cart -n shop',
    'rollout undo deployment/cart -n shop',
    'autoscale deployment cart -n shop --max=3',
    'expose deployment cart -n shop --port=80',
    'patch node n1 -p {"spec":{"unschedulable":true}}',
    'drain n1 --force --ignore-daemonsets --timeout=2s',
    'taint nodes n1 x=y:NoSchedule',
    'certificate approve x',
    'exec web -n shop -- id',
    'attach web -n shop',
    'cp web:/etc/passwd /dev/null -n shop',
    'port-forward pod/web 0:80 -n shop',
    'debug web -n shop --image=x',
    'get --raw /api/v1/nodes/n1/proxy/pods',
    'get --raw /api/v1/namespaces/shop/services/x/proxy/',
    'get --raw /api/v1/namespaces/shop/pods/web/exec?command=id',
    'get --raw /logs/',
    'get --raw /metrics',
    'get --raw /debug/pprof/',
    'get pods -A --as=admin',
    'get pods -A --as=x --as-group=system:masters',
    'auth can-i delete pods --quiet',
    'auth can-i create pods/exec --quiet',
    'auth can-i * * --quiet',
    'auth can-i get secrets --as=admin --quiet',
  ];

  test('each command fails, and nothing but reads has reached the API server', async () => {
    const before = await snapshot();
    for (const args of changes) {
      const { code } = await run.kubectl(...args.split(' '));
      expect([args, code]).not.toEqual([args, 0]);
    }
    expect(await snapshot()).toBe(before);
    expect(new Set(sent.map(({ method }) => method))).toEqual(new Set(['GET']));
  }, 120_000);

  test('a refusal reads well', async () => {
    const { err } = await run.kubectl('delete', 'configmap', 'settings', '-n', 'shop');
    expect(err).toMatch(/forbidden.*agents only read.*rule verb of the gateway/i);
  });

  test('a credential of the agent goes nowhere', async () => {
    const { code } = await run.kubectl('get', 'pods', '-n', 'shop', '--token=of-an-agent');
    expect(code).toBe(0);
    expect(JSON.stringify(sent)).not.toContain('of-an-agent');
  });

  const snapshot = async (): Promise<string> => {
    const text = await plane.kubectl(
      'get pods,deployments,configmaps,serviceaccounts,services,nodes -A -o json'.split(' '),
    );
    const { items } = JSON.parse(text) as {
      items: { kind: string; metadata: { uid: string; labels?: object }; spec?: object }[];
    };
    return JSON.stringify(items.map(({ kind, metadata: { uid, labels }, spec }) => [kind, uid, labels, spec]));
  };
});

describe('GAT-1, GAT-4: no value of a Secret is shown in any form', () => {
  const forms = [
    'get secret db -n shop -o yaml',
    'get secret db -n shop -o json',
    'get secrets -n shop -o json',
    'get secrets -A -o wide',
    'get secrets,configmaps,pods -n shop -o json',
    'get secret db -n shop -o jsonpath={.data.password}',
    'get secret db -n shop -o go-template={{.data.user}}',
    'get secrets -n shop -o custom-columns=A:.data',
    'get secrets -n shop -o yaml --show-managed-fields',
    'get secrets -n shop --watch --output-watch-events -o json --request-timeout=2s',
    'describe secrets -n shop',
    'get configmap settings -n shop -o yaml',
    'get --raw /api/v1/secrets',
    'get --raw /api/v1/namespaces/shop/secrets/db',
    'get --raw /api/v1/namespaces/shop/secrets?watch=true&timeoutSeconds=1',
    'get --raw /api/v1/namespaces/shop/secrets?watch=1&timeoutSeconds=1&fieldSelector=metadata.name=db',
  ];
  const views = ['Table', 'PartialObjectMetadata'];
  const included = ['', '?includeObject=Object', '?includeObject=Metadata', '?includeObject=None'];

  test.each(forms)('%s', async (args) => {
    const { out, err } = await run.kubectl(...args.split(' '));
    expect(out + err).not.toBe('');
    for (const value of forbidden) expect(out + err).not.toContain(value);
  });

  test.each([
    '/api/v1/watch/secrets?timeoutSeconds=1',
    '/api/v1/watch/namespaces/shop/secrets?timeoutSeconds=1',
    '/api/v1/watch/namespaces/shop/secrets/db?timeoutSeconds=1',
    '/api/v1/proxy/nodes/n1',
    '/apis/apps/v1/watch/deployments?timeoutSeconds=1',
  ])('the old form %s is no way around', async (address) => {
    const { status, body } = await run.request('GET', `/k8s${address}`);
    expect([status, body]).toEqual([403, expect.stringContaining('rule path of the gateway') as string]);
  });

  test('keys stay', async () => {
    const { out } = await run.kubectl('get', 'secret', 'db', '-n', 'shop', '-o', 'json');
    expect(Object.keys((JSON.parse(out) as { data: object }).data).toSorted()).toEqual(['password', 'user']);
  });

  test.each(views.flatMap((form) => included.map((query) => [form, query] as const)))(
    'as %s %s',
    async (form, query) => {
      const watch = `${query === '' ? '?' : `${query}&`}watch=true&timeoutSeconds=1`;
      for (const address of ['/db', query, watch].map((end) => `/k8s/api/v1/namespaces/shop/secrets${end}`)) {
        const listed = form === 'Table' || !address.endsWith(query) || address.endsWith('/db') ? form : `${form}List`;
        const accept = `application/json;as=${address.includes('watch=') ? form : listed};v=v1;g=meta.k8s.io`;
        const { status, body } = await run.request('GET', address, { Accept: accept });
        expect([address, status, body]).toEqual([address, 200, expect.stringContaining('db') as string]);
        for (const value of forbidden) expect(body).not.toContain(value);
      }
    },
  );

  test.each(['application/vnd.kubernetes.protobuf', 'application/yaml', 'application/cbor', '*/*', 'text/html', ''])(
    'asked for as %s it is JSON without values',
    async (accept) => {
      const { body } = await run.request('GET', '/k8s/api/v1/namespaces/shop/secrets/db', { Accept: accept });
      expect(body).toContain('"kind":"Secret"');
      for (const value of forbidden) expect(body).not.toContain(value);
    },
  );

  test.each([
    'logs web -n shop',
    'get pod web -n shop -o yaml',
    'get configmap settings -n shop -o json',
    'get events -n shop -o yaml',
    'get events -n shop',
    'describe pod web -n shop',
  ])('GAT-4: nor is one elsewhere: %s', async (args) => {
    const { code, out } = await run.kubectl(...args.split(' '));
    expect(code).toBe(0);
    // Go writes angle brackets in JSON so.
    expect(out.replaceAll('\\u003c', '<')).toContain('<redacted:');
    for (const value of [...forbidden, 'hunter-in-the-reeds']) expect(out).not.toContain(value);
  });

  test('with secrets: deny there is no Secret at all, and can-i says so', async () => {
    const { access } = await recordedAccess(plane.kubeconfig);
    const denied = await openGatewayRun(access, { kubernetes: { secrets: 'deny' } });
    try {
      expect((await denied.kubectl('get', 'secrets', '-A')).err).toMatch(/secrets.*gateway\.kubernetes\.secrets: deny/);
      expect((await denied.kubectl('auth', 'can-i', 'get', 'secrets')).out).toMatch(/^no/);
      expect((await run.kubectl('auth', 'can-i', 'get', 'secrets')).out).toMatch(/^yes/);
    } finally {
      await denied.close();
    }
  });

  test('GAT-8: what was taken out of an answer is counted for that request alone', async () => {
    const { access } = await recordedAccess(plane.kubeconfig);
    const own = await openGatewayRun(access);
    try {
      const paths = [
        '/version',
        '/k8s/api/v1/namespaces/shop/secrets/db',
        '/k8s/api/v1/namespaces/shop/pods/none',
        '/k8s/version',
      ];
      await Promise.all(paths.flatMap((at) => [own.request('GET', at), own.request('GET', at)]));
      await waitUntil(() => own.audit().length === 8, 'the record of each');
      const counts = own.audit().map(({ path: at, redacted }) => [at, Number(redacted) > 0]);
      expect(new Map(counts as [string, boolean][])).toEqual(new Map(paths.map((at) => [at, at.endsWith('/db')])));
    } finally {
      await own.close();
    }
  });

  test('what was kept of the answers, and the record, hold none either', () => {
    const kept = JSON.stringify(run.gateway.served()) + JSON.stringify(run.audit());
    expect(run.gateway.served().length).toBeGreaterThan(10);
    for (const value of [...forbidden, 'hunter-in-the-reeds']) expect(kept).not.toContain(value);
  });
});
