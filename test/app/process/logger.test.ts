import { expect, test } from 'vitest';
import { createLogger, type LoggerOptions } from '../../../src/app/process/logger.ts';

async function capture(
  options: Partial<Omit<LoggerOptions, 'level' | 'secrets'>> & {
    level?: ReturnType<LoggerOptions['level']>;
    secrets?: string[];
  } = {},
) {
  const { level = 'info', secrets = [], ...rest } = options;
  const lines: string[] = [];
  const logger = await createLogger({
    level: () => level,
    format: 'json',
    color: false,
    timeZone: 'UTC',
    secrets: () => secrets,
    write: (line) => lines.push(line),
    ...rest,
  });
  return { logger, lines };
}

test('OPS-2: a log line is one JSON object with the fields of its logger', async () => {
  const { logger, lines } = await capture();
  logger.child({ component: 'triage', cluster: 'prod' }).info({ incident: 'inc_1' }, 'run started');
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    level: 'info',
    component: 'triage',
    cluster: 'prod',
    incident: 'inc_1',
    msg: 'run started',
  });
});

test('OPS-2: below the level nothing is written', async () => {
  const { logger, lines } = await capture({ level: 'warn' });
  logger.info({}, 'quiet');
  logger.warn({}, 'loud');
  expect(lines).toHaveLength(1);
});

test.each(['json', 'pretty'] as const)(
  'UX-7: a secret is never written, in messages, fields and errors (%s)',
  async (format) => {
    const secret = 'xoxb-"canary"-1234';
    const { logger, lines } = await capture({ format, secrets: [secret, ''] });
    logger.error({ err: new Error(`refused: ${secret}`), headers: { authorization: `Bearer ${secret}` } }, secret);
    expect(lines.join('')).toContain('[redacted]');
    expect(lines.join('')).not.toContain('canary');
  },
);

test('a very short secret does not blank out the log', async () => {
  const { logger, lines } = await capture({ secrets: ['a'] });
  logger.info({}, 'started');
  expect(lines[0]).toContain('started');
});

test('UX-20: the readable form has the time of its reader with the offset, JSON is UTC', async () => {
  const at = /^\[\d\d:\d\d:\d\d\+05:45\] INFO: connected/;
  const readable = await capture({ format: 'pretty', timeZone: 'Asia/Kathmandu' });
  readable.logger.info({}, 'connected');
  expect(readable.lines[0]).toMatch(at);
  const json = await capture({ format: 'json', timeZone: 'Asia/Kathmandu' });
  json.logger.info({}, 'connected');
  expect((JSON.parse(json.lines[0] ?? '') as { time: string }).time).toMatch(/Z$/);
});

test('the readable form is one line with the fields', async () => {
  const { logger, lines } = await capture({ format: 'pretty' });
  logger.info({ cluster: 'prod' }, 'connected');
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/INFO: connected .*"cluster":"prod"/);
  expect(lines[0]?.trimEnd()).not.toContain('\n');
});
