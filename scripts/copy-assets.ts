/** After the compiler, which takes TypeScript alone: what pages load, beside the code that serves it. */
import { cpSync } from 'node:fs';
import path from 'node:path';

const root = path.join(import.meta.dirname, '..');
const served = new Set(['.css', '.js', '.svg']);

cpSync(path.join(root, 'src', 'dashboard', 'assets'), path.join(root, 'dist', 'dashboard', 'assets'), {
  recursive: true,
  filter: (source) => path.extname(source) === '' || served.has(path.extname(source)),
});
