import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { packageVersion } from '../src/app/package-info.ts';
import { configJsonSchemaText } from '../src/config/schema-shape.ts';
import { analystPage } from './generate/analyst-page.ts';
import { registry } from '../src/checks/run/registry.ts';
import { testMessageChecks } from '../src/checks/set/test-message.ts';
import { checksPage } from './generate/checks-page.ts';
import { cliPage } from './generate/cli-page.ts';
import { configurationPage } from './generate/configuration-page.ts';
import { errorsPage } from './generate/errors-page.ts';
import { mcpToolsJson, mcpToolsPage } from './generate/mcp-tools.ts';
import { rbacFiles } from './generate/rbac-files.ts';
import { findProblemKinds } from './generate/problem-kinds.ts';

/*
 * Writes the files that are made from the code: the JSON Schema the reference pages, and the roles under deploy/. With --check it compares
 * instead, names what differs and exits 1. --out DIR: somewhere else than the project.
 */
const root = fileURLToPath(new URL('..', import.meta.url));
const { values } = parseArgs({ options: { check: { type: 'boolean' }, out: { type: 'string' } } });
const out = path.resolve(values.out ?? root);

const pages: Record<string, string> = {
  'docs/configuration.md': configurationPage(),
  'docs/cli.md': cliPage(),
  'docs/analyst-rules.md': analystPage(),
  'docs/mcp-tools.md': mcpToolsPage(),
  'docs/checks.md': checksPage([...registry, ...testMessageChecks]),
  'docs/errors.md': errorsPage(await findProblemKinds(path.join(root, 'src'))),
};

// Formatted like everything else, so that the check of the format and this one agree.
const style = await resolveConfig(path.join(root, 'docs/cli.md'));
const files: Record<string, string> = {
  'schema/nightcrier.schema.json': configJsonSchemaText(packageVersion()),
  'schema/mcp-tools.json': mcpToolsJson(),
};
for (const [name, text] of Object.entries({ ...pages, ...rbacFiles() }))
  files[name] = await format(text, { ...style, filepath: name });

const different: string[] = [];
for (const [name, text] of Object.entries(files)) {
  const file = path.join(out, name);
  const current = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : null;
  if (current === text) continue;
  different.push(name);
  if (values.check) continue;
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
}

for (const name of different) process.stderr.write(`${values.check ? 'out of date' : 'written'}: ${name}\n`);
if (values.check && different.length > 0) {
  process.stderr.write('fix: npm run generate\n');
  process.exitCode = 1;
}
