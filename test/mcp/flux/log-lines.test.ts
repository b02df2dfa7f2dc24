import { describe, expect, test } from 'vitest';
import { parseLog } from '../../../src/mcp/flux/log-lines.ts';
import { recordedLog } from '../../support/flux.ts';

describe('the log of a controller (FLX-8)', () => {
  test('the recorded one: every line is read, with what it is about', () => {
    const { lines, raw } = parseLog(recordedLog);
    expect(raw).toEqual([]);
    expect(lines).toHaveLength(recordedLog.trimEnd().split('\n').length);
    expect(lines[0]).toEqual({ ts: '2026-11-20T23:04:02.281Z', level: 'info', msg: 'loading feature gate' });
    // The name of a server is not the name of an object.
    expect(lines.find(({ msg }) => msg === 'starting server')).not.toHaveProperty('name');
    expect(lines.find(({ name, error }) => name === 'bad-path' && error !== undefined)).toMatchObject({
      level: 'error',
      kind: 'Kustomization',
      namespace: 'flux-system',
      revision: 'main@sha1:b4341ca28261acee49309c8ee07990968afe0186',
      error: expect.stringContaining('kustomization path not found') as string,
    });
  });

  test('by level: that one and the more serious; what is no level is kept', () => {
    const text = ['trace', 'debug', 'info', 'warn', 'error', 'dpanic']
      .map((level) => JSON.stringify({ level, msg: level }))
      .join('\n');
    const levels = (level: 'debug' | 'error'): string[] => parseLog(text, { level }).lines.map(({ msg }) => msg);
    expect(levels('error')).toEqual(['error', 'dpanic']);
    expect(levels('debug')).toEqual(['debug', 'info', 'warn', 'error', 'dpanic']);
  });

  test('by name, namespace and time', () => {
    const named = parseLog(recordedLog, { name: 'bad-build', namespace: 'flux-system' }).lines;
    expect(named.length).toBeGreaterThan(2);
    expect(named.every(({ name }) => name === 'bad-build')).toBe(true);
    expect(parseLog(recordedLog, { name: 'bad-build', namespace: 'other' }).lines).toEqual([]);
    const from = Date.parse('2026-11-20T23:07:00Z');
    const late = parseLog(recordedLog, { from }).lines;
    expect(late.length).toBeGreaterThan(0);
    expect(late.every(({ ts }) => ts !== undefined && Date.parse(ts) >= from)).toBe(true);
  });

  test('lines of another form are kept as they are, whatever is looked for', () => {
    const text = [
      'panic: runtime error: invalid memory address',
      '\tgoroutine 1 [running]:  ',
      '{"level":"info","msg":"half a li',
      '',
      'E1120 23:04:02 leaderelection.go:1] lost',
      'clone https://bot:hunter2secret@git.example.com/a',
      '[]',
      '{"level":"info","msg":"whole"}',
    ].join('\n');
    const { lines, raw } = parseLog(text, { level: 'error', name: 'x' });
    expect(lines).toEqual([]);
    expect(raw).toEqual([
      'panic: runtime error: invalid memory address',
      '\tgoroutine 1 [running]:',
      '{"level":"info","msg":"half a li',
      'E1120 23:04:02 leaderelection.go:1] lost',
      'clone https://git.example.com/a',
      '[]',
    ]);
  });

  test('other forms of time and of the object', () => {
    const text = [
      { level: 'info', ts: 1_795_215_842.281, msg: 'epoch' },
      { level: 'info', ts: 1e300, msg: 'never' },
      { level: 'info', ts: 'soon', msg: 'no time' },
      {
        level: 'info',
        msg: 'dispatching event',
        eventInvolvedObject: { kind: 'HelmRelease', namespace: 'shop', name: 'podinfo' },
      },
      { level: 'info', msg: 7, controllerKind: 'GitRepository', GitRepository: 3, name: 'a', namespace: 'b' },
    ].map((one) => JSON.stringify(one));
    expect(parseLog(text.join('\n')).lines).toEqual([
      { ts: '2026-11-20T23:04:02.281Z', level: 'info', msg: 'epoch' },
      { level: 'info', msg: 'never' },
      { level: 'info', msg: 'no time' },
      { level: 'info', msg: 'dispatching event', kind: 'HelmRelease', namespace: 'shop', name: 'podinfo' },
      { level: 'info', msg: '', kind: 'GitRepository', namespace: 'b', name: 'a' },
    ]);
  });

  test('credentials of URLs are left out (FLX-9)', () => {
    const text = JSON.stringify({
      level: 'error',
      msg: 'x',
      error: "clone 'https://bot:hunter2secret@git.example.com/a'",
    });
    expect(parseLog(text).lines[0]?.error).toBe("clone 'https://git.example.com/a'");
  });
});
