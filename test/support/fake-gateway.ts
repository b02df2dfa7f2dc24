import type { AgentGateway, GatewayRun, RunGateway } from '../../src/domain/agent-gateway.ts';

/** A gateway that opens no socket; `opened` and `closed` are the runs that it was asked for. */
export class FakeGateway implements AgentGateway {
  readonly opened: GatewayRun[] = [];
  readonly closed: string[] = [];
  /** What `open` rejects with. */
  failure: Error | null = null;

  open(run: GatewayRun): Promise<RunGateway> {
    if (this.failure) return Promise.reject(this.failure);
    this.opened.push(run);
    return Promise.resolve({
      socketDir: `/sockets/${run.runId}`,
      kubeconfig: `# gateway of ${run.cluster}\n`,
      usage: () => ({ turns: null, tokens: null, usd: null, requests: { kubernetes: 3, model: 0, refused: 1 } }),
      served: () => [{ path: 'evidence/agent/001-get-pods.json', text: '{"phase":"Pending"}' }],
      close: () => {
        if (!this.closed.includes(run.runId)) this.closed.push(run.runId);
        return Promise.resolve();
      },
    });
  }

  endAbandoned(): Promise<number> {
    return Promise.resolve(0);
  }
}
