import { rootShape, type Shape } from './schema-shape.ts';

/**
 * The JSON Schema of the configuration for editors: closed, with descriptions and defaults. Every value may also be a
 * reference (`${VAR}`) or empty, as the loader takes them.
 */
export function configJsonSchema(): Record<string, unknown> {
  const { $schema, ...root } = rootShape() as Shape & { $schema?: string };
  return {
    $schema,
    title: 'nightcrier configuration',
    ...(widen(root) as Record<string, unknown>),
    $defs: {
      reference: { type: 'string', pattern: '\\$\\{.+\\}', description: 'A value from the environment or a file.' },
    },
  };
}

/** The committed form: the file under `schema/`. */
export function configJsonSchemaText(): string {
  return `${JSON.stringify(configJsonSchema(), null, 2)}\n`;
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
  const { description, default: fallback, writeOnly, ...form } = shape;
  const notes = {
    ...(description === undefined ? {} : { description }),
    ...(fallback === undefined ? {} : { default: fallback }),
    ...(writeOnly ? { writeOnly } : {}),
  };
  const plainText = Object.keys(form).join() === 'type' && form.type === 'string';
  const forms = form.anyOf ? [...form.anyOf] : [form];
  const reference = plainText ? [] : [{ $ref: '#/$defs/reference' }];
  const empty = required ? [] : [{ type: 'null' }];
  const all = [...forms, ...reference, ...empty];
  return { ...notes, ...(all.length === 1 ? form : { anyOf: all }) };
}
