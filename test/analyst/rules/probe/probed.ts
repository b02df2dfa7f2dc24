import { causeOf } from '../../answer-about.ts';
import { TestCluster } from '../../cluster.ts';

type Fields = Record<string, unknown>;
export interface Probed {
  readonly probe: Fields;
  readonly said: string;
  readonly log?: string;
  readonly ready?: boolean;
  readonly kills?: boolean;
  readonly restarts?: number;
  readonly about?: string;
}

/** The cause of a Deployment whose container `app` (port 8080) fails one probe. */
export async function probed(field: string, { probe, said, ...more }: Probed): Promise<string> {
  const cluster = new TestCluster();
  const pod = 'app-5d8f-abcde';
  const { ready = false, restarts = more.kills ? 1 : 0 } = more;
  const state = { running: { startedAt: '2026-01-01T10:00:05Z' } };
  cluster.deployment('ns', 'app', {
    ready,
    spec: {
      containers: [{ name: 'app', image: 'a:1', ports: [{ name: 'http', containerPort: 8080 }], [field]: probe }],
    },
    status: { phase: 'Running', containerStatuses: [{ name: 'app', ready, restartCount: restarts, state }] },
  });
  cluster.event('Pod', 'ns', more.about ?? pod, 'Unhealthy', said);
  if (more.kills) cluster.event('Pod', 'ns', pod, 'Killing', 'Container app failed liveness probe, will be restarted');
  if (more.log !== undefined) cluster.log('ns', pod, 'app', more.log);
  return causeOf(cluster, 'Deployment', 'ns', 'app');
}

export const http = (port: number | string = 8080, path = '/healthz', fields: Fields = {}) => ({
  httpGet: { path, port, scheme: 'HTTP' },
  ...fields,
});
export const says = (text: string, which = 'Readiness') => `${which} probe failed: ${text}`;
export const status = (code: number, which?: string) => says(`HTTP probe failed with statuscode: ${code}`, which);
export const dial = (port: number, which?: string) =>
  says(`Get "http://10.0.0.9:${port}/healthz": dial tcp 10.0.0.9:${port}: connect: connection refused`, which);
export const late = (which?: string) =>
  says(
    'Get "http://10.0.0.9:8080/healthz": context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
    which,
  );
export const is = (mechanism: string, value: string, confidence = 'high') =>
  `Deployment app ${mechanism} [${value}] ${confidence}`;

export const https = (port = 8443, path = '/healthz') => ({ httpGet: { path, port, scheme: 'HTTPS' } });
export const exec = (...command: string[]) => ({ exec: { command } });
