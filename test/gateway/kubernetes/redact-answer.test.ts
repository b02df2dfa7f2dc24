import { expect, test } from 'vitest';
import { redactAnswer, redactInTurns } from '../../../src/gateway/kubernetes/redact-answer.ts';
import { createRedactor } from '../../../src/lib/redact/redact.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const data = { password: base64('zebra-110-pass'), 'tls.key': base64('zebra-111-key') };
const lastApplied = JSON.stringify({ apiVersion: 'v1', kind: 'Secret', data, metadata: { name: 'db' } });
const metadata = {
  name: 'db',
  annotations: { 'kubectl.kubernetes.io/last-applied-configuration': lastApplied, note: 'x' },
};
const secret = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata,
  data,
  stringData: { plain: 'zebra-112-plain' },
  type: 'Opaque',
};
const { kind: _kind, apiVersion: _apiVersion, ...item } = secret;

const forms: readonly (readonly [name: string, answer: unknown, ofSecrets: boolean])[] = [
  ['an object', secret, true],
  ['an object, where nobody expected one', secret, false],
  ['a list whose items do not say what they are', { kind: 'SecretList', apiVersion: 'v1', items: [item, item] }, true],
  ['a mixed list', { kind: 'List', apiVersion: 'v1', items: [{ kind: 'ConfigMap' }, secret] }, false],
  ['a table with objects', { kind: 'Table', columnDefinitions: [], rows: [{ cells: ['db'], object: secret }] }, true],
  [
    'a table with metadata',
    { kind: 'Table', rows: [{ cells: ['db'], object: { kind: 'PartialObjectMetadata', metadata } }] },
    true,
  ],
  ['an event of a watch', { type: 'ADDED', object: secret }, true],
  ['an event of a watch without a kind', { type: 'MODIFIED', object: item }, true],
  ['metadata alone', { kind: 'PartialObjectMetadataList', items: [{ metadata }] }, true],
  [
    'the annotation of another object',
    { kind: 'ConfigMap', metadata: { annotations: { copy: JSON.stringify([secret]) } } },
    false,
  ],
  ['the data of another object', { kind: 'ConfigMap', data: { 'db.json': lastApplied } }, false],
];

test.each(forms)('GAT-1, GAT-4: the values of a Secret are in no form: %s', (_name, answer, ofSecrets) => {
  const redact = createRedactor();
  const clean = JSON.stringify(redactAnswer(answer, { redact, ofSecrets, keepSecrets: false }));
  expect(clean).not.toMatch(/zebra/);
  expect(clean).not.toContain(base64('zebra-110-pass'));
  expect(clean).not.toContain(base64('zebra-111-key'));
  expect(redact.count).toBeGreaterThan(0);
});

test('GAT-1: the keys stay, and what stands in place of a value is still base64', () => {
  const clean = redactAnswer(secret, { redact: createRedactor(), ofSecrets: true, keepSecrets: false });
  expect(clean).toMatchObject({
    kind: 'Secret',
    type: 'Opaque',
    metadata: { name: 'db', annotations: { note: 'x' } },
    data: { password: base64('<redacted:secret>'), 'tls.key': base64('<redacted:secret>') },
    stringData: { plain: '<redacted:secret>' },
  });
});

test('GAT-4: what was the value of a Secret is taken out wherever it stands from then on', () => {
  const redact = createRedactor();
  redactAnswer(secret, { redact, ofSecrets: true, keepSecrets: false });
  expect(redact.text('login with zebra-110-pass failed')).toBe('login with <redacted:secret> failed');
  expect(redact.text(`raw ${base64('zebra-111-key')}`)).toBe('raw <redacted:secret>');
});

test('GAT-1: where Secrets are allowed they come whole, and everything else is still redacted', () => {
  const options = { redact: createRedactor(), keepSecrets: true };
  expect(redactAnswer(secret, { ...options, ofSecrets: true })).toBe(secret);
  const settings = { kind: 'ConfigMap', data: { url: 'postgres://app:zebra-113@db/x' } };
  expect(JSON.stringify(redactAnswer(settings, { ...options, ofSecrets: false }))).not.toContain('zebra');
});

test('GAT-1: what holds no secret is given on as it is', () => {
  const pod = { kind: 'Pod', metadata: { name: 'cart' }, spec: { volumes: [{ secret: { secretName: 'cart-tls' } }] } };
  expect(redactAnswer(pod, { redact: createRedactor(), ofSecrets: false, keepSecrets: false })).toBe(pod);
});

test('GAT-4: a large list is searched in turns, with what its last Secret taught for its first object', async () => {
  const objects = Array.from({ length: 4000 }, (_, at) => ({
    kind: 'ConfigMap',
    metadata: { name: `c-${at}` },
    data: { text: `line ${at}: zebra-110-pass and password=hunter-in-the-reeds `.repeat(20) },
  }));
  const list = { kind: 'List', apiVersion: 'v1', metadata: { resourceVersion: '1' }, items: [...objects, secret] };
  const rules = () => ({ redact: createRedactor(), ofSecrets: false, keepSecrets: false });
  let turns = 0;
  let over = false;
  const others = (): void => {
    turns += 1;
    if (!over) setImmediate(others);
  };
  setImmediate(others);
  const shown = await redactInTurns(list, rules());
  over = true;
  expect(turns).toBeGreaterThan(3);
  expect(JSON.stringify(shown)).not.toMatch(/zebra-11|hunter/);
  expect(shown).toEqual(redactAnswer(list, rules()));
  expect(Object.keys(shown as object)).toEqual(Object.keys(list));
});

test.each(forms)('GAT-4: in turns %s is the same', async (_name, answer, ofSecrets) => {
  const rules = () => ({ redact: createRedactor(), ofSecrets, keepSecrets: false });
  expect(await redactInTurns(answer, rules())).toEqual(redactAnswer(answer, rules()));
});

test('GAT-4: the parts of a value that have names are known from then on too', () => {
  const redact = createRedactor();
  const auths = JSON.stringify({ auths: { 'r.example': { username: 'robot', password: 'zebra-120-robot' } } });
  const settings = 'LEVEL=info\nDB_PASSWORD=zebra-121-db\n';
  const parts = { '.dockerconfigjson': base64(auths), 'app.env': base64(settings) };
  redactAnswer({ kind: 'Secret', metadata: {}, data: parts }, { redact, ofSecrets: true, keepSecrets: false });
  const log = 'login robot with zebra-120-robot, then zebra-121-db, at level info';
  expect(redact.text(log)).toBe('login robot with <redacted:secret>, then <redacted:secret>, at level info');
});

test('GAT-4: a value that is too large to be looked for everywhere is still not shown', () => {
  const large = 'zebra-130 '.repeat(10_000);
  const answer = { kind: 'Secret', metadata: {}, data: { release: base64(large), small: base64('zebra-131-small') } };
  const redact = createRedactor();
  const shown = JSON.stringify(redactAnswer(answer, { redact, ofSecrets: true, keepSecrets: false }));
  expect(shown).not.toContain(base64(large).slice(0, 40));
  expect(redact.text('zebra-131-small')).toBe('<redacted:secret>');
});
