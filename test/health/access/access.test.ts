import { describe, expect, test } from 'vitest';
import type { Asked } from '../../../src/domain/people/viewer.ts';
import { access, type AccessOptions } from '../../../src/health/access/access.ts';
import { HttpProblem } from '../../../src/health/errors.ts';

const token = 'correct horse'.replace(' ', '-');

/** What a request with these headers is answered: 200, 401 or 403. */
function answer(options: Partial<AccessOptions>, headers: Record<string, string>, from?: Partial<Asked>): number {
  try {
    const asked = { method: 'GET', ip: '127.0.0.1', headers, ...from };
    access(() => ({ host: '127.0.0.1', token: null, publicUrl: null, ...options })).check(asked);
    return 200;
  } catch (error) {
    if (error instanceof HttpProblem) return error.status;
    throw error;
  }
}

describe('with a token', () => {
  const given: [authorization: string | undefined, status: number][] = [
    [`Bearer ${token}`, 200],
    [`bearer  ${token}`, 200],
    [undefined, 401],
    ['', 401],
    ['Bearer', 401],
    ['Bearer ', 401],
    [`Basic ${token}`, 401],
    [token, 401],
    [`Bearer ${token}x`, 401],
    [`Bearer ${token.slice(1)}`, 401],
    [`Bearer ${token} ${token}`, 401],
    ['Bearer ü', 401],
  ];
  test.each(given)('OPS-1: the header %j is answered with %i', (authorization, status) => {
    expect(answer({ token }, { host: 'any.example', ...(authorization === undefined ? {} : { authorization }) })).toBe(
      status,
    );
  });

  test('OPS-1: who has it may come from any host and page', () => {
    const headers = {
      host: 'nightcrier.example',
      origin: 'https://dashboard.example',
      authorization: `Bearer ${token}`,
    };
    expect(answer({ token }, headers)).toBe(200);
  });

  test('OPS-1: whether details may be seen is asked without a refusal', () => {
    const guard = access(() => ({ host: '0.0.0.0', token, publicUrl: null }));
    expect(guard.isAuthorized({})).toBe(false);
    expect(guard.isAuthorized({ authorization: `Bearer ${token}` })).toBe(true);
    expect(access(() => ({ host: '0.0.0.0', token: null, publicUrl: null })).isAuthorized({})).toBe(true);
  });
});

describe('without a token', () => {
  const hosts: [host: string, status: number][] = [
    ['127.0.0.1:8080', 200],
    ['localhost:8080', 200],
    ['LOCALHOST', 200],
    ['[::1]:8080', 200],
    ['127.0.0.1.evil.example:8080', 403],
    ['evil.example', 403],
    ['localhost.evil.example', 403],
    ['', 403],
  ];
  test.each(hosts)('on loopback the host %j is answered with %i (DNS rebinding)', (host, status) => {
    expect(answer({}, { host })).toBe(status);
    expect(answer({ host: 'localhost' }, { host })).toBe(status);
    expect(answer({ host: '127.0.0.53' }, { host })).toBe(status);
  });

  test('on loopback the address that is listened on and the host of health.public_url are ours', () => {
    expect(answer({ host: '127.0.0.53' }, { host: '127.0.0.53:80' })).toBe(200);
    const publicUrl = 'https://nightcrier.example/base';
    expect(answer({ publicUrl }, { host: 'nightcrier.example' })).toBe(200);
    expect(answer({ publicUrl }, { host: 'other.example' })).toBe(403);
  });

  test('bound to every interface any host is answered: names are the business of the network then', () => {
    expect(answer({ host: '0.0.0.0' }, { host: 'nightcrier.monitoring.svc' })).toBe(200);
  });

  const origins: [origin: string, status: number][] = [
    ['http://127.0.0.1:8080', 200],
    ['http://127.0.0.1:9999', 200],
    ['http://localhost:8080', 403],
    ['https://evil.example', 403],
    ['null', 403],
    ['not an origin', 403],
  ];
  test.each(origins)('a page of the origin %j is answered with %i', (origin, status) => {
    expect(answer({}, { host: '127.0.0.1:8080', origin })).toBe(status);
  });

  test('INT-7: a page of another site is refused where every host is answered, too', () => {
    const headers = { host: 'nightcrier.example', origin: 'https://evil.example' };
    expect(answer({ host: '0.0.0.0' }, headers)).toBe(403);
  });

  const changes: [method: string, ip: string, status: number][] = [
    ['GET', '10.1.2.3', 200],
    ['HEAD', '10.1.2.3', 200],
    ['POST', '10.1.2.3', 403],
    ['DELETE', '10.1.2.3', 403],
    ['PUT', '2001:db8::1', 403],
    ['POST', '127.0.0.1', 200],
    ['POST', '::1', 200],
    ['POST', '::ffff:127.0.0.1', 200],
    ['POST', '::ffff:10.1.2.3', 403],
  ];
  test.each(changes)(
    'INT-3, OPS-1: bound to every interface a %s from %s is answered with %i',
    (method, ip, status) => {
      const headers = { host: '127.0.0.1:8080' };
      expect(answer({ host: '0.0.0.0' }, headers, { method, ip })).toBe(status);
      expect(answer({ host: '0.0.0.0', token }, { ...headers, authorization: `Bearer ${token}` }, { method, ip })).toBe(
        200,
      );
    },
  );

  test('OPS-3: a page that points its own name at this machine changes nothing where every host is answered (DNS rebinding)', () => {
    const from = { method: 'POST', ip: '127.0.0.1' };
    const evil = { host: 'evil.example:8080', origin: 'http://evil.example:8080' };
    const open = { host: '0.0.0.0' };
    expect(answer(open, evil, from)).toBe(403);
    expect(answer(open, evil)).toBe(200);
    expect(answer(open, { host: 'localhost:8080', origin: 'http://localhost:8080' }, from)).toBe(200);
    expect(answer({ ...open, publicUrl: 'http://evil.example:8080' }, evil, from)).toBe(200);
    expect(answer({ ...open, token }, { ...evil, authorization: `Bearer ${token}` }, from)).toBe(200);
  });
});
