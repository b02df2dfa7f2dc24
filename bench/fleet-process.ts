/**
 * A fleet of push servers in a process of its own, so that what is measured is the daemon alone. Prints the endpoints
 * as one JSON line; then takes commands, one JSON object a line, on standard input:
 * `{"emit": {"perServer": 1, "servers": 10, "gapMs": 0}}` prints `{"emitted": N, "at": ms}`;
 * `{"handshakes": true}` prints how many handshakes each server has seen, as a list.
 */
import { createInterface } from 'node:readline';
import { type PushServer, startPushServer } from '../src/sim/mcp/push-server.ts';

const servers: PushServer[] = [];
const count = Number(process.argv[2] ?? '100');
for (let index = 0; index < count; index += 1) {
  servers.push(await startPushServer({ serverCluster: `sim-${index}`, subscribeDelayMs: 0 }));
}
process.stdout.write(`${JSON.stringify(servers.map(({ endpoint }) => endpoint))}\n`);

let serial = 0;
for await (const line of createInterface({ input: process.stdin })) {
  const { emit } = JSON.parse(line) as { emit?: { perServer: number; servers: number } };
  if (emit === undefined) {
    const seen = servers.map((server) => server.counts().methods['initialize'] ?? 0);
    process.stdout.write(`${JSON.stringify(seen)}\n`);
    continue;
  }
  const at = Date.now();
  for (let round = 0; round < emit.perServer; round += 1) {
    for (const server of servers.slice(0, emit.servers)) {
      serial += 1;
      server.emitFault({
        faultType: 'CrashLoop',
        severity: 'critical',
        container: 'app',
        context: 'Container entered CrashLoopBackOff state, restart count: 4',
        resource: {
          apiVersion: 'v1',
          kind: 'Pod',
          namespace: 'shop',
          name: `app${serial}-6d9c7b5f8d-x2x1z`,
          uid: `00000000-0000-4000-8000-${String(serial).padStart(12, '0')}`,
        },
      });
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  process.stdout.write(`${JSON.stringify({ emitted: emit.perServer * emit.servers, at })}\n`);
}
for (const server of servers) await server.close();
