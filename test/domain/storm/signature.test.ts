import { describe, expect, test } from 'vitest';
import {
  causeSignature,
  faultSignature,
  sharedSignature,
  signatureWords,
} from '../../../src/domain/storm/signature.ts';
import { signal } from '../../support/signals.ts';

const pull = (context: string) => faultSignature(signal({ faultType: 'ImagePull', context }));

describe('INT-8: by what a fault is the same in other clusters', () => {
  test.each([
    ['Back-off pulling image "r.example/app:1"', 'registry r.example'],
    ['failed to resolve reference "r.example/app:1": dial tcp 10.0.0.9:443: i/o timeout', 'registry r.example'],
    ['Failed to pull image "r.example/app:1": 503 Service Unavailable', 'registry r.example'],
    ['Failed to pull image "r.example/app:2": rpc error: code = NotFound desc = not found', 'image r.example/app:2'],
    ['InvalidImageName, message: image "app:::2"', 'image app:::2'],
    ['cannot be pulled', null],
    ['Failed to pull image "r.example/app:1": unexpected status: 401 Unauthorized', null],
    ['Failed to pull image "r.example/app:1": Get "https://r.example/v2/": no basic auth credentials', null],
    ['Failed to pull image "r.example/app:1": denied: requested access to the resource is denied', null],
    ['Back-off pulling image "r.example/forbidden:denied"', 'registry r.example'],
  ])('%s', (context, expected) => {
    expect(pull(context)).toBe(expected);
  });

  test('not what only mentions an image', () => {
    expect(faultSignature(signal({ context: 'image "r.example/app:1" crashes' }))).toBeNull();
  });

  test('an answer by its mechanism and wrong value, when it names one', () => {
    const cause = { mechanism: 'missing_key', wrong_value: 'REDIS_URL' };
    expect(causeSignature('config', cause)).toBe('cause config missing_key REDIS_URL');
    expect(causeSignature('config', { ...cause, wrong_value: null })).toBeNull();
    expect(causeSignature('config', { ...cause, mechanism: 'other' })).toBeNull();
    expect(causeSignature('config', { ...cause, wrong_value: 'x'.repeat(5000) })).toHaveLength(300);
  });

  test('in words', () => {
    expect(signatureWords('registry r.example')).toBe('pulls from registry r.example fail');
    expect(signatureWords('image r.example/app:2')).toBe('image r.example/app:2 does not exist');
    expect(signatureWords('cause config missing_key REDIS_URL')).toBe('missing key: REDIS_URL');
  });

  test('of a storm when half of its members have it', () => {
    expect(sharedSignature(['a', null, 'a', 'b'])).toBe('a');
    expect(sharedSignature(['a', null, null, 'b', 'c'])).toBeNull();
    expect(sharedSignature([null, null])).toBeNull();
  });
});
