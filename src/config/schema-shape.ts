import { z } from 'zod';
import { durationPattern, sizePattern } from '../lib/format.ts';
import type { ConfigPath } from './config-tree.ts';
import { configSchema } from './schema.ts';

/** The part of JSON Schema that our schema uses. */
export interface Shape {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly items?: Shape;
  readonly additionalProperties?: boolean | Shape;
  readonly required?: readonly string[];
  readonly enum?: readonly string[];
  readonly const?: string;
  readonly anyOf?: readonly Shape[];
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly description?: string;
  readonly writeOnly?: boolean;
}

let root: Shape | null = null;

/** The configuration's form as JSON Schema describes it: what may be written, before defaults. */
export function rootShape(): Shape {
  root ??= z.toJSONSchema(configSchema, { io: 'input' }) as Shape;
  return root;
}

/** What may stand at a path, null when nothing may. */
export function shapeAt(path: ConfigPath): Shape | null {
  let shape: Shape | null = rootShape();
  for (const part of path) {
    if (shape === null) return null;
    shape = typeof part === 'number' ? (shape.items ?? null) : childShape(shape, part);
  }
  return shape;
}

/** Whether the value at a path is a secret: its key, or one above it, is marked so in the schema. */
export function isSecret(path: ConfigPath): boolean {
  return path.some((_, index) => shapeAt(path.slice(0, index + 1))?.writeOnly === true);
}

/** Whether only a text may stand there, so that `123` from the environment stays a text. */
export function isText(shape: Shape | null): boolean {
  return shape?.type === 'string';
}

export function isDuration(shape: Shape | null): boolean {
  return shape?.pattern === durationPattern.source;
}

export function isSize(shape: Shape | null): boolean {
  return shape?.pattern === sizePattern.source;
}

/** What a key takes, in words for a person: `one of auto, sse`, `a whole number from 0 to 65535`. */
export function expectation(shape: Shape): string {
  if (shape.anyOf) return shape.anyOf.map(expectation).join(', or ');
  if (shape.const !== undefined) return shape.const;
  if (shape.enum) return shape.enum.length === 1 ? String(shape.enum[0]) : `one of ${shape.enum.join(', ')}`;
  if (isDuration(shape)) return 'a duration such as 30s, 10m or 168h';
  if (isSize(shape)) return 'a size such as 512Mi or 2Gi';
  if (shape.format === 'uri') return 'an http:// or https:// address';
  switch (shape.type ?? 'string') {
    case 'integer':
      return `a whole number${range(shape)}`;
    case 'number':
      return `a number${range(shape)}`;
    case 'boolean':
      return 'true or false';
    case 'array':
      return 'a list';
    case 'object':
      return shape.properties
        ? `keys such as ${Object.keys(shape.properties).slice(0, 3).join(', ')}`
        : `names with ${namedValues(shape)}`;
    default:
      return 'a text';
  }
}

function namedValues({ additionalProperties: value }: Shape): string {
  return typeof value === 'object' && value.properties ? expectation(value) : 'texts';
}

function childShape(shape: Shape, key: string): Shape | null {
  if (shape.properties && Object.hasOwn(shape.properties, key)) return shape.properties[key] ?? null;
  return typeof shape.additionalProperties === 'object' ? shape.additionalProperties : null;
}

function range({ minimum, maximum, exclusiveMinimum }: Shape): string {
  if (exclusiveMinimum !== undefined) return ` over ${exclusiveMinimum}`;
  if (minimum === undefined) return '';
  const bounded = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER;
  return bounded ? ` from ${minimum} to ${maximum}` : ` of ${minimum} or more`;
}

/**
 * The JSON Schema of the configuration for editors: closed, with descriptions, defaults and examples. Every value may
 * also be a reference (`${VAR}`) or empty, as the loader takes them. `version`: that of the program, which its id names.
 */
export function configJsonSchema(version: string): Record<string, unknown> {
  const { $schema, ...root } = rootShape() as Shape & { $schema?: string };
  return {
    $schema,
    $id: `urn:nightcrier:configuration:${version}`,
    title: 'nightcrier configuration',
    ...(widen(root) as Record<string, unknown>),
    $defs: {
      reference: { type: 'string', pattern: '\\$\\{.+\\}', description: 'A value from the environment or a file.' },
    },
  };
}

/** The committed form: the file under `schema/`. */
export function configJsonSchemaText(version: string): string {
  return `${JSON.stringify(configJsonSchema(version), null, 2)}\n`;
}

function widen(shape: Shape, required = false): unknown {
  if (shape.type === 'object') {
    const { properties, additionalProperties, ...rest } = shape;
    const needed = new Set(shape.required);
    const children = Object.entries(properties ?? {}).map(([key, child]) => [key, widen(child, needed.has(key))]);
    return {
      ...rest,
      type: required || !shape.description ? 'object' : ['object', 'null'],
      ...(properties ? { properties: Object.fromEntries(children) } : {}),
      additionalProperties: typeof additionalProperties === 'object' ? widen(additionalProperties, true) : false,
    };
  }
  if (shape.type === 'array') return { ...shape, items: widen(shape.items ?? {}, true) };
  const { description, default: fallback, examples, writeOnly, ...form } = shape;
  const notes = {
    ...(description === undefined ? {} : { description }),
    ...(fallback === undefined ? {} : { default: fallback }),
    ...(examples === undefined ? {} : { examples }),
    ...(writeOnly ? { writeOnly } : {}),
  };
  const plainText = Object.keys(form).join() === 'type' && form.type === 'string';
  const forms = form.anyOf ? [...form.anyOf] : [form];
  const reference = plainText ? [] : [{ $ref: '#/$defs/reference' }];
  const empty = required ? [] : [{ type: 'null' }];
  const all = [...forms, ...reference, ...empty];
  return { ...notes, ...(all.length === 1 ? form : { anyOf: all }) };
}
