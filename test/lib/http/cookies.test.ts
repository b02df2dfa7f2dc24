import { expect, test } from 'vitest';
import { cookieValue, expireCookie, setCookie } from '../../../src/lib/http/cookies.ts';

test('a cookie is for this server alone, and holds what it was given', () => {
  const name = 'ana; Domain=evil\r\nX: 1 ü';
  const set = setCookie('nc', name, { maxAge: 60, secure: true });
  expect(set).toMatch(/^nc=[^;\s]+; Path=\/; Max-Age=60; HttpOnly; SameSite=Strict; Secure$/);
  const sent = set.split(';')[0] ?? '';
  expect(cookieValue(`a=b; ${sent}; c=d`, 'nc')).toBe(name);
  expect(cookieValue(`xnc=1; nc2=2`, 'nc')).toBeNull();
  expect(cookieValue('nc=%zz', 'nc')).toBeNull();
  expect(cookieValue(undefined, 'nc')).toBeNull();
  expect(expireCookie('nc')).toBe('nc=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict');
});

test('half a character is no reason to fail', () => {
  expect(cookieValue(setCookie('nc', 'a\ud83d').split(';')[0], 'nc')).toBe('a\ufffd');
});
