import { describe, expect, test } from 'vitest';
import { loadRecordings } from '../../eval/recording.ts';
import { recordingsDir } from '../../eval/sets.ts';
import { renamed } from './transform/rename.ts';
import { shiftText } from './transform/shift-times.ts';

describe('QUA-2: what the metamorphic tests change', () => {
  test.each([
    ['2026-11-20T22:58:43Z', '2026-10-14T22:58:43Z'],
    ['at 2026/11/20 22:58:43.1 and 2026-11-20 22:58:44,', 'at 2026/10/14 22:58:43.1 and 2026-10-14 22:58:44,'],
    ['Fri, 20 Nov 2026 22:58:43 GMT', 'Wed, 14 Oct 2026 22:58:43 GMT'],
    ['[20/Nov/2026:22:58:43 +0000]', '[14/Oct/2026:22:58:43 +0000]'],
    ['20 Nov 2026 22:58:43 * ready', '14 Oct 2026 22:58:43 * ready'],
    ['Nov 20 22:58:43 host', 'Oct 14 22:58:43 host'],
    ['E1120 22:58:43.123456       1 main.go', 'E1014 22:58:43.123456       1 main.go'],
    ['{"ts":1763679523.12,"x":1}', '{"ts":1760482723.12,"x":1}'],
    ['version 2026-11-20, port 1120', 'version 2026-11-20, port 1120'],
  ])('the date in %s', (text, expected) => {
    expect(shiftText(text, -37, 2026)).toBe(expected);
  });

  test('names change everywhere, also as a part of longer ones, and names that are alike stay so', () => {
    const [recording] = loadRecordings(recordingsDir).filter(({ truth }) => truth.id === '124-sts-service-name');
    const { rename, recording: changed } = renamed(recording!);
    const { name } = recording!.truth.root_cause!;
    const other = rename(name);
    expect(other).not.toBe(name);
    expect(rename(`http://${name}-0.${name}:80/${name}.json ${name}s`)).toBe(
      `http://${other}-0.${other}:80/${other}.json ${name}s`,
    );
    expect(changed.truth.root_cause).toMatchObject({
      kind: 'StatefulSet',
      name: other,
      mechanism: 'wrong_service_name',
    });
    expect(Object.keys(changed.dump.logs).some((key) => key.includes(`/${other}-0/`))).toBe(true);
    expect(rename('kube-system default kubernetes kube-root-ca.crt')).toBe(
      'kube-system default kubernetes kube-root-ca.crt',
    );
  });
});
