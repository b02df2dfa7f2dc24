import { describe, expect, test } from 'vitest';
import { ToolLanes } from '../../../src/cluster/connection/tool-lanes.ts';
import { waitUntil } from '../../support/wait-until.ts';

describe('tool lanes', () => {
  const call = (results: string[], name: string, running: Promise<void>) => async () => {
    results.push(name);
    await running;
    return { text: name, structured: undefined, isError: false };
  };

  test('CON-6: one list at a time, others beside it, and a bound on those who wait', async () => {
    const lanes = new ToolLanes();
    const began: string[] = [];
    let finish: () => void = () => {};
    const running = new Promise<void>((resolve) => (finish = resolve));
    const { signal } = new AbortController();
    const all = [
      lanes.run('prod', 'resources_list', signal, call(began, 'list 1', running)),
      lanes.run('prod', 'pods_list', signal, call(began, 'list 2', running)),
      lanes.run('prod', 'resources_get', signal, call(began, 'get', running)),
    ];
    await waitUntil(() => began.length === 2, 'two began');
    expect(began).toEqual(['list 1', 'get']);
    const waiting = Array.from({ length: 99 }, () =>
      lanes.run('prod', 'pods_list', signal, call(began, 'more', running)),
    );
    await expect(lanes.run('prod', 'pods_list', signal, call(began, 'no', running))).rejects.toMatchObject({
      name: 'ReadError',
      failure: 'timeout',
    });
    finish();
    await Promise.all([...all, ...waiting]);
    expect(began).toHaveLength(102);
  });

  test('CON-1: whoever gives up while another call has the lane does not wait for it, and is never called', async () => {
    const lanes = new ToolLanes();
    const began: string[] = [];
    let finish: () => void = () => {};
    const running = new Promise<void>((resolve) => (finish = resolve));
    const first = lanes.run('prod', 'pods_list', new AbortController().signal, call(began, 'slow', running));
    const control = new AbortController();
    const second = lanes.run('prod', 'pods_list', control.signal, call(began, 'given up', running));
    control.abort(new Error('no longer wanted'));
    await expect(second).rejects.toThrow('no longer wanted');
    finish();
    await first;
    await lanes.run('prod', 'pods_list', new AbortController().signal, call(began, 'next', running));
    expect(began).toEqual(['slow', 'next']);
  });

  test('an abort while it waits ends a call with its own reason', async () => {
    const lanes = new ToolLanes();
    const control = new AbortController();
    const never = lanes.run('prod', 'x_list', new AbortController().signal, () => new Promise(() => {}));
    void never;
    const first = lanes.run('prod', 'resources_get', control.signal, () => {
      control.abort(new Error('no longer wanted'));
      throw new Error('fails');
    });
    await expect(first).rejects.toThrow('no longer wanted');
  });
});
