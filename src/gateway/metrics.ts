import { Counter, type Registry } from 'prom-client';

/** Counts the requests of agents to the gateway. */
export function registerGatewayMetrics(registry: Registry): (decision: 'allow' | 'refuse') => void {
  const requests = new Counter({
    name: 'nightcrier_gateway_requests_total',
    help: 'Requests of agents to the gateway, by what was decided.',
    labelNames: ['decision'],
    registers: [registry],
  });
  for (const decision of ['allow', 'refuse']) requests.inc({ decision }, 0);
  return (decision) => requests.inc({ decision });
}
