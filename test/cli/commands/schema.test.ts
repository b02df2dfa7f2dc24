import { expect, test } from 'vitest';
import { packageVersion } from '../../../src/app/package-info.ts';
import { configJsonSchema } from '../../../src/config/schema-shape.ts';
import { cli } from '../../support/cli-run.ts';

test('OPS-4 CFG-6: schema prints the JSON Schema of the configuration, the same with -o json', async () => {
  const { code, out, err } = await cli(['schema'], { cwd: '/' });
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(JSON.parse(out)).toEqual(configJsonSchema(packageVersion()));
  expect(out.endsWith('}\n')).toBe(true);
  expect((await cli(['schema', '-o', 'json'], { cwd: '/' })).out).toBe(out);
});

test('CFG-6: needs no configuration and does not read a broken one', async () => {
  const { code, err } = await cli(['schema', '--config', '/gone/nightcrier.yaml'], { cwd: '/' });
  expect({ code, err }).toEqual({ code: 0, err: '' });
});
