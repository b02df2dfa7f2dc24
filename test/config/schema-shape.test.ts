import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { configJsonSchema, configJsonSchemaText } from '../../src/config/schema-shape.ts';
import { rootShape, type Shape } from '../../src/config/schema-shape.ts';

/** What an editor with the schema would say. */
const accepts = (text: string): boolean => z.fromJSONSchema(configJsonSchema('1.2.3')).safeParse(parse(text)).success;

const cluster = (rest = ''): string => `clusters: [{name: a, mcp: {endpoint: "http://h/mcp"}${rest}}]\n`;

describe('the JSON Schema', () => {
  test('CFG-6: takes a small file, empty keys, and references where numbers or words stand', () => {
    expect(accepts(cluster())).toBe(true);
    expect(accepts(`${cluster()}health: {port: "\${PORT}", token: }\nseverity_threshold: \${LEVEL}\n`)).toBe(true);
    expect(accepts(`${cluster()}sweep:\nnotify: {slack: {bot_token: "\${T}", channel: "#x"}, console: false}\n`)).toBe(
      true,
    );
  });

  test('CFG-6: is closed and checks types, words and forms', () => {
    expect(accepts(`${cluster()}foo: 1\n`)).toBe(false);
    expect(accepts(cluster(', mpc: {}'))).toBe(false);
    expect(accepts(cluster(', triage: {enable: true}'))).toBe(false);
    expect(accepts(`${cluster()}health: {port: 70000}\n`)).toBe(false);
    expect(accepts(`${cluster()}severity_threshold: low\n`)).toBe(false);
    expect(accepts(`${cluster()}sweep: {interval: 5 minutes}\n`)).toBe(false);
  });

  test('CFG-6: every key has a description', () => {
    const bare: string[] = [];
    const visit = (shape: Shape, path: string): void => {
      for (const [key, child] of Object.entries(shape.properties ?? {})) {
        if (!child.description) bare.push(`${path}.${key}`);
        visit(child, `${path}.${key}`);
        if (child.items) visit(child.items, `${path}.${key}[]`);
      }
    };
    visit(rootShape(), '');
    expect(bare).toEqual([]);
  });

  test('CFG-6: is the same each time and ends with a newline', () => {
    expect(configJsonSchemaText('1.2.3')).toBe(configJsonSchemaText('1.2.3'));
    expect(JSON.parse(configJsonSchemaText('1.2.3'))).toMatchObject({ type: 'object', additionalProperties: false });
    expect(configJsonSchemaText('1.2.3').endsWith('}\n')).toBe(true);
  });

  test('CFG-6: its id names the version', () => {
    expect(configJsonSchema('1.2.3')['$id']).toBe('urn:nightcrier:configuration:1.2.3');
  });

  test('CFG-6: has examples of endpoints, durations and sizes, and its own keys take every example', () => {
    const { $defs, ...root } = configJsonSchema('1.2.3');
    const seen: unknown[] = [];
    const refused: unknown[] = [];
    const visit = (shape: unknown): void => {
      if (typeof shape !== 'object' || shape === null) return;
      const { examples } = shape as Shape;
      if (Array.isArray(examples)) {
        const key = z.fromJSONSchema({ ...shape, $defs } as Parameters<typeof z.fromJSONSchema>[0]);
        seen.push(...(examples as unknown[]));
        refused.push(...examples.filter((example) => !key.safeParse(example).success));
      }
      for (const child of Object.values(shape)) visit(child);
    };
    visit(root);
    expect(refused).toEqual([]);
    expect(seen).toEqual(expect.arrayContaining(['http://127.0.0.1:8080/mcp', '10m', '512Mi', '#incidents']));
  });
});
