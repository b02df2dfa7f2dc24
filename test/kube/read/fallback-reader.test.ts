import { expect, test } from 'vitest';
import { type ClusterReader, type KubeObject, ReadError } from '../../../src/kube/cluster-reader.ts';
import { FallbackReader } from '../../../src/kube/read/fallback-reader.ts';

const signal = new AbortController().signal;
const pod: KubeObject = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'shop' } };

function readerOf(answer: KubeObject | null | ReadError, asked: string[] = [], name = ''): ClusterReader {
  const give = async <T>(value: T): Promise<T> => {
    asked.push(name);
    await Promise.resolve();
    if (answer instanceof ReadError) throw answer;
    return value;
  };
  return {
    get: () => give(answer instanceof ReadError ? null : answer),
    list: () => give({ items: answer instanceof ReadError || answer === null ? [] : [answer], truncated: false }),
    logs: () => give('line'),
  };
}

const get = (reader: ClusterReader) => reader.get('v1', 'Pod', 'shop', 'p', signal);
const refused = new ReadError('forbidden', 'no');

test('the first that answers is asked alone', async () => {
  const asked: string[] = [];
  const reader = new FallbackReader([
    () => Promise.resolve(readerOf(pod, asked, 'a')),
    () => Promise.resolve(readerOf(pod, asked, 'b')),
  ]);
  expect(await get(reader)).toBe(pod);
  expect(await reader.logs('shop', 'p', 'c', { previous: false, tailLines: 1, limitBytes: 1 }, signal)).toBe('line');
  expect(asked).toEqual(['a', 'a']);
});

test('the next one is asked when one refuses; that something does not exist is an answer', async () => {
  const second = (answer: KubeObject | null | ReadError) =>
    new FallbackReader([() => Promise.resolve(readerOf(answer)), () => Promise.resolve(readerOf(pod))]);
  expect(await get(second(refused))).toBe(pod);
  expect((await second(refused).list('v1', 'Pod', {}, signal)).items).toEqual([pod]);
  expect(await get(second(null))).toBeNull();
});

test('what cannot be opened now is passed over, and opened again the next time', async () => {
  let opened = 0;
  const reader = new FallbackReader([
    () => {
      opened += 1;
      return opened === 1 ? Promise.reject(new Error('no file')) : Promise.resolve(readerOf(pod));
    },
    () => Promise.resolve(null),
    () => Promise.resolve(readerOf(null)),
  ]);
  expect(await get(reader)).toBeNull();
  expect(await get(reader)).toBe(pod);
});

test('the last failure is told, and nobody is asked once the signal has ended', async () => {
  await expect(get(new FallbackReader([]))).rejects.toMatchObject({ failure: 'unreachable' });
  await expect(get(new FallbackReader([() => Promise.resolve(readerOf(refused))]))).rejects.toBe(refused);
  const asked: string[] = [];
  const ended = new FallbackReader([() => Promise.resolve(readerOf(pod, asked, 'a'))]);
  await expect(ended.get('v1', 'Pod', 'shop', 'p', AbortSignal.abort(new Error('over')))).rejects.toThrow('over');
  expect(asked).toEqual([]);
});
