import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { FiringAlert } from '../../../src/domain/ports.ts';
import { alertSignal, type ReadAlert } from '../../../src/intake/alerts/alert-signal.ts';
import { type AlertForm, maxAlerts, readAlerts } from '../../../src/intake/alerts/read-alerts.ts';
import { startOfTime } from '../../support/signals.ts';
import { alertOf, rules } from './alert-sample.ts';

const forms: readonly AlertForm[] = ['api', 'webhook'];

test.each([
  ['api', {}, 'the body is not a JSON array of alerts'],
  ['api', null, 'the body is not a JSON array of alerts'],
  ['webhook', [], 'the body is not a JSON object with a list "alerts"'],
  ['webhook', { version: '4', alerts: 'x' }, 'the body is not a JSON object with a list "alerts"'],
  ['webhook', { version: '3', alerts: [] }, 'the webhook has another version than "4"'],
  [
    'api',
    Array.from({ length: maxAlerts + 1 }, () => 0),
    `the request holds ${maxAlerts + 1} alerts, at most ${maxAlerts} are taken`,
  ],
] as const)('INT-7: %s: a body of another form is refused as a whole (%#)', (form, body, message) => {
  expect(() => readAlerts(form, body)).toThrow(expect.objectContaining({ code: 'NC-INTAKE-001', message }));
});

test('INT-7: one that is wrong takes none of the others with it', () => {
  const alerts = readAlerts('webhook', {
    version: '4',
    alerts: [
      alertOf({ status: 'firing' }),
      7,
      alertOf({ status: 'purple' }),
      alertOf({ status: 'resolved', annotations: 5 }),
    ],
  });
  expect(alerts).toMatchObject([
    { status: 'firing' },
    { reason: 'the alert is no object' },
    { reason: 'status is neither firing nor resolved' },
    { status: 'resolved' },
  ]);
});

const label = fc.oneof(
  fc.constantFrom('alertname', 'cluster', 'namespace', 'pod', 'severity', '__proto__', 'constructor', 'toString', ''),
  fc.string({ unit: 'binary', maxLength: 200 }),
);
const value = fc.oneof(
  fc.constantFrom('prod', 'KubePodCrashLooping', '\u202e\u0000', ''),
  fc.string({ unit: 'binary', maxLength: 1500 }),
  fc.jsonValue(),
);
const alert = fc.oneof(
  fc.jsonValue({ maxDepth: 6 }),
  fc.record(
    {
      labels: fc.oneof(fc.dictionary(label, value), fc.jsonValue()),
      annotations: fc.oneof(fc.dictionary(label, value), fc.jsonValue()),
      startsAt: fc.oneof(
        fc.string(),
        fc.date({ noInvalidDate: true }).map((at) => at.toISOString()),
        fc.jsonValue(),
      ),
      endsAt: fc.oneof(
        fc.string(),
        fc.date({ noInvalidDate: true }).map((at) => at.toISOString()),
        fc.jsonValue(),
      ),
      status: fc.constantFrom('firing', 'resolved', 'purple', 4, null),
    },
    { requiredKeys: [] },
  ),
);

test.each(forms)('INT-7: whatever JSON comes (%s), each alert has one meaning, bounded and printable', (form) => {
  fc.assert(
    fc.property(fc.array(alert, { maxLength: 5 }), (alerts) => {
      const body = JSON.parse(JSON.stringify(form === 'api' ? alerts : { version: '4', alerts })) as unknown;
      const read = readAlerts(form, body).map((sent) => alertSignal(sent, rules, startOfTime));
      expect(read).toHaveLength(alerts.length);
      expect(read.flatMap(wrongOf)).toEqual([]);
    }),
    { numRuns: 500 },
  );
});

test('INT-7: deep nesting is listed, not a crash', () => {
  const depth = 200_000;
  const deep = JSON.parse(`{"labels":${'['.repeat(depth)}${']'.repeat(depth)}}`) as unknown;
  const [sent] = readAlerts('api', [deep]);
  expect(alertSignal(sent!, rules, startOfTime)).toMatchObject({
    kind: 'invalid',
    invalid: { excerpt: '(nested too deeply)' },
  });
});

/** What is wrong with what was read of an alert: unknown clusters, nothing to see, texts without a bound. */
function wrongOf(one: ReadAlert): string[] {
  if (one.kind === 'ignored' || one.kind === 'resolved') return [];
  const told = one.kind === 'invalid' ? one.invalid : one.alert.signal;
  const cluster = rules.clusters.has(told.cluster) || (one.kind === 'invalid' && told.cluster === '(unknown)');
  const wrong = { cluster: !cluster, shown: !shown(told), length: JSON.stringify(told).length > 6000 };
  const firing = one.kind === 'firing' ? wrongOfFiring(one.alert) : {};
  return Object.entries({ ...wrong, ...firing }).flatMap(([what, isWrong]) =>
    isWrong ? [`${what}: ${JSON.stringify(told)}`] : [],
  );
}

function wrongOfFiring({ signal, endsAt }: FiringAlert): Record<string, boolean> {
  return {
    type: !/[^\ufffd\s]/.test(signal.faultType),
    name: !/[^\ufffd\s]/.test(signal.resource.name),
    over: endsAt <= startOfTime,
    ahead: (signal.since ?? 0) > startOfTime,
  };
}

/** No controls and no marks that reorder text in anything that people see. */
function shown(value: object): boolean {
  return Object.values(value).every((part: unknown) => {
    if (typeof part === 'object' && part !== null) return shown(part);
    // oxlint-disable-next-line no-control-regex
    return typeof part !== 'string' || !/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/.test(part);
  });
}
