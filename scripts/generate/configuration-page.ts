import { expectation, rootShape, type Shape } from '../../src/config/schema-shape.ts';

const intro = `# Configuration

One YAML file. It is looked for in \`--config\`, \`$NIGHTCRIER_CONFIG\`, \`./nightcrier.yaml\`, \`./configs/nightcrier.yaml\` and
\`/etc/nightcrier/nightcrier.yaml\`. Only \`clusters\` is required; \`nightcrier init\` writes a smallest file and
\`nightcrier validate\` checks all of it. Examples are in \`configs/\`.

This page is generated from the code (\`npm run generate\`).

## Values

- Durations are \`30s\`, \`10m\`, \`168h\`, \`1h30m\`; sizes \`512Mi\`, \`2Gi\`. Null and an empty text are the same as not set.
- Paths are relative to the file, \`storage.*.path\` to \`data_dir\`, and \`~/\` is the home directory.
- Unknown keys are refused, so that a misspelled one is not ignored.
- Anchors, aliases and merge keys (\`<<: *name\`) work; the mapping's own keys win over merged ones.

## References

| written | is |
|---|---|
| \`\${NAME}\` | the environment variable; an error when it is not set |
| \`\${NAME:-default}\` | the default when it is not set or empty |
| \`\${NAME:?message}\` | an error with this message when it is not set or empty |
| \`\${file:/run/secrets/x}\` | the text of the file, without the newline at its end |
| \`$\${\` | a literal \`\${\` |

References are replaced in single values after the YAML is read, so a value can never add keys. A value that is one reference
without quotes is read as YAML reads it (\`port: \${PORT}\` is a number); with quotes, or with other text around it, it is a
text. Inside \`{ }\` and \`[ ]\` a reference must be quoted. What came through a reference is never shown.

## Environment

A variable \`NIGHTCRIER_\` with the path of a key in upper case and \`__\` between levels wins over the file:
\`NIGHTCRIER_HEALTH__PORT=9090\`. Lists cannot be set so. A flag of the command line wins over both. A variable that is no
setting is a warning. Where neither says \`data_dir\`, it is the first path of \`STATE_DIRECTORY\`, which systemd sets for a unit with
\`StateDirectory=\` (docs/operate.md).

\`incidents\`, \`show\`, \`why\`, \`tail\` and \`triage\` look up only where the daemon is, so they need none of its secrets. Without a
file, \`NIGHTCRIER_DATA_DIR\` says where the state is, for example that of a demo.

## Keys
`;

/** docs/configuration.md: every key with its form, default and meaning. */
export function configurationPage(): string {
  const root = rootShape();
  const rows = keyRows(root, '', new Set(root.required));
  return [intro, '| key | takes | default | meaning |', '|---|---|---|---|', ...rows, ''].join('\n');
}

function keyRows(shape: Shape, path: string, required: ReadonlySet<string>): string[] {
  return Object.entries(shape.properties ?? {}).flatMap(([name, child]) => {
    const at = path === '' ? name : `${path}.${name}`;
    const inner = child.type === 'array' && child.items?.properties ? child.items : child;
    const below = inner.properties ? keyRows(inner, inner === child ? at : `${at}[]`, new Set(inner.required)) : [];
    return [row(at, child, required.has(name)), ...below];
  });
}

function row(path: string, shape: Shape, required: boolean): string {
  const group = shape.properties !== undefined;
  const takes = group ? '' : expectation(shape);
  const secret = shape.writeOnly ? ' Secret.' : '';
  const cells = [`\`${path}\``, takes, group ? '' : fallback(shape, required), `${shape.description ?? ''}${secret}`];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function fallback(shape: Shape, required: boolean): string {
  if (required) return 'required';
  return shape.default === undefined ? '' : `\`${JSON.stringify(shape.default).replaceAll('"', '')}\``;
}
