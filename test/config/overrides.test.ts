import { describe, expect, test } from 'vitest';
import { loadText, minimal, refusal } from '../support/config-dir.ts';

const load = (env: Record<string, string>, ...lines: string[]) => loadText(minimal(...lines), { env });

describe('a variable', () => {
  const typed: [
    name: string,
    text: string,
    read: (config: ReturnType<typeof load>['config']) => unknown,
    value: unknown,
  ][] = [
    ['NIGHTCRIER_HEALTH__PORT', '9090', (config) => config.health.port, 9090],
    ['NIGHTCRIER_DATA_DIR', '/data', (config) => config.data_dir, '/data'],
    ['NIGHTCRIER_SWEEP__CLEAR_AFTER', '90s', (config) => config.sweep.clear_after, 90_000],
    ['NIGHTCRIER_CONNECTION__MAX_MESSAGE', '2Mi', (config) => config.connection.max_message, 2 * 1024 * 1024],
    ['NIGHTCRIER_NOTIFY__CONSOLE', 'false', (config) => config.notify.console, false],
    ['NIGHTCRIER_NOTIFY__CONSOLE', 'auto', (config) => config.notify.console, 'auto'],
    ['NIGHTCRIER_HEALTH__TOKEN', 'true', (config) => config.health.token, 'true'],
    ['NIGHTCRIER_HEALTH__TOKEN', '0123', (config) => config.health.token, '0123'],
    ['NIGHTCRIER_SEVERITY_THRESHOLD', 'critical', (config) => config.severity_threshold, 'critical'],
    ['NIGHTCRIER_AGENT__ENV__lower', 'v', (config) => config.agent.env, { lower: 'v' }],
  ];
  test.each(typed)('CFG-5: %s=%s is read as its key takes it', (name, text, read, value) => {
    const { config, warnings } = load({ [name]: text });
    expect(read(config)).toEqual(value);
    expect(warnings).toEqual([]);
  });

  test('CFG-5: wins over a mapping that the file has, beside its other keys, and makes one that it lacks', () => {
    const { config } = load({ NIGHTCRIER_HEALTH__PORT: '1', NIGHTCRIER_LOG__LEVEL: 'warn' }, 'health: {host: "::"}');
    expect(config.health).toMatchObject({ host: '::', port: 1 });
    expect(config.log.level).toBe('warn');
  });

  test('CFG-5: null and nothing set nothing', () => {
    const { config } = load({ NIGHTCRIER_HEALTH__PORT: 'null', NIGHTCRIER_HEALTH__HOST: '' }, 'health: {port: 7}');
    expect(config.health).toMatchObject({ port: 7, host: '127.0.0.1' });
  });

  test('CFG-3: is no reference, whatever is in it', () => {
    expect(load({ NIGHTCRIER_HEALTH__HOST: '${HOME}', HOME: '/root' }).config.health.host).toBe('${HOME}');
  });

  test('CFG-2: cannot repair a section that is no mapping: the file says so, once', () => {
    const { problems } = refusal(minimal('health: 8080'), { env: { NIGHTCRIER_HEALTH__PORT: '1' } });
    expect(problems.map(({ message }) => message)).toEqual(['health is 8080: expected keys such as host, port, token']);
  });

  test('CFG-2: takes the place of what the file has wrong there', () => {
    expect(load({ NIGHTCRIER_HEALTH__PORT: '1' }, 'health: {port: "${GONE}"}').config.health.port).toBe(1);
    expect(load({ NIGHTCRIER_HEALTH__PORT: '1' }, 'health: {port: many}').config.health.port).toBe(1);
  });
});

describe('STATE_DIRECTORY', () => {
  const state = { STATE_DIRECTORY: '/var/lib/nightcrier:/var/lib/other' };

  test('CFG-4, CFG-5: its first path is data_dir, what lies below it too, and it is printed', () => {
    const loaded = load(state);
    expect(loaded.config.data_dir).toBe('/var/lib/nightcrier');
    expect(loaded.config.storage.state.path).toBe('/var/lib/nightcrier/nightcrier.db');
    expect(loaded.describe()).toMatchObject({ data_dir: '/var/lib/nightcrier' });
    expect(loaded.warnings).toEqual([]);
  });

  test.each<[where: string, env: Record<string, string>, lines: string[]]>([
    ['the file', {}, ['data_dir: /srv/d']],
    ['the environment', { NIGHTCRIER_DATA_DIR: '/srv/d' }, []],
  ])('CFG-5: counts less than what %s says', (_where, env, lines) => {
    expect(load({ ...state, ...env }, ...lines).config.data_dir).toBe('/srv/d');
  });

  test('CFG-4: an empty one sets nothing', () => {
    expect(load({ STATE_DIRECTORY: '' }).config.data_dir).toMatch(/\/data$/);
  });

  test('CFG-3: it does not stand in for a reference that is not set', () => {
    const { problems } = refusal(minimal('data_dir: ${GONE}'), { env: state });
    expect(problems).toMatchObject([{ path: 'data_dir' }]);
  });
});

describe('a variable that is no setting', () => {
  const unknown: [name: string, hint: string][] = [
    ['NIGHTCRIER_HEALTH_PORT', 'did you mean NIGHTCRIER_HEALTH__PORT?'],
    ['NIGHTCRIER_HEALTH__PROT', 'did you mean NIGHTCRIER_HEALTH__PORT?'],
    ['NIGHTCRIER_DATADIR', 'did you mean NIGHTCRIER_DATA_DIR?'],
  ];
  test.each(unknown)('CFG-5: %s is a warning with the nearest one', (name, hint) => {
    const { warnings } = load({ [name]: '1' });
    expect(warnings.map(({ code, message }) => `${code} ${message}`)).toEqual([
      `NC-CONFIG-018 environment variable ${name} is no setting and is ignored, ${hint}`,
    ]);
  });

  test.each(['NIGHTCRIER_HEALTH', 'NIGHTCRIER_CLUSTERS__0__NAME', 'NIGHTCRIER_', 'NIGHTCRIER_AGENT__ENV__'])(
    'CFG-5: %s sets nothing',
    (name) => {
      expect(load({ [name]: '1' }).warnings).toHaveLength(1);
    },
  );

  test('CFG-5: what Kubernetes sets for a Service of that name, and what agents are given, is no warning', () => {
    const names = ['SERVICE_HOST', 'SERVICE_PORT_HTTP', 'PORT', 'PORT_80_TCP_ADDR', 'RUN_ID', 'CONFIG'];
    const env = Object.fromEntries(names.map((name) => [`NIGHTCRIER_${name}`, name === 'CONFIG' ? '' : '1']));
    expect(load(env).warnings).toEqual([]);
  });
});
