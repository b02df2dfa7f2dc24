import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { configJsonSchema, configJsonSchemaText } from '../../src/config/schema-shape.ts';
import { rootShape, type Shape } from '../../src/config/schema-shape.ts';

/** What an editor with the schema would say. */
const accepts = (text: string): boolean => z.fromJSONSchema(configJsonSchema()).safeParse(parse(text)).success;

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
    expect(configJsonSchemaText()).toBe(configJsonSchemaText());
    expect(JSON.parse(configJsonSchemaText())).toMatchObject({ type: 'object', additionalProperties: false });
    expect(configJsonSchemaText().endsWith('}\n')).toBe(true);
  });
});
