import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { ConfigFiles, displayPath, findConfigFile, notFound, readText } from '../../../src/config/files/files.ts';
import { tempDir } from '../../support/temp-dir.ts';

/** What `run` gives for somebody who is not root: root may read everything. */
function asNobody<T>(run: () => T): T {
  if (process.geteuid?.() !== 0) return run();
  process.seteuid?.(65_534);
  try {
    return run();
  } finally {
    process.seteuid?.(0);
  }
}

describe('the text of a file', () => {
  test('CFG-2: what stands in its way is said so that it follows the name of the file', () => {
    const dir = tempDir({ 'a.txt': 'text', 'dir/x': '' });
    fs.writeFileSync(path.join(dir, 'bytes'), Buffer.from([0x61, 0xff, 0xfe]));
    const reason = (name: string, max = 100): string => {
      try {
        return readText(path.join(dir, name), max);
      } catch (error) {
        return `! ${error instanceof Error ? error.message : String(error)}`;
      }
    };
    expect(reason('a.txt')).toBe('text');
    expect(reason('a.txt', 4)).toBe('text');
    expect(reason('a.txt', 3)).toBe('! is larger than 3 bytes');
    expect(reason('gone')).toBe('! does not exist');
    expect(reason('a.txt/below')).toBe('! does not exist');
    expect(reason('dir')).toBe('! is a directory');
    expect(reason('bytes')).toBe('! is not UTF-8 text');
  });

  test('CFG-2: a file without permission is said as such', () => {
    const dir = tempDir({ secret: 'x' });
    fs.chmodSync(dir, 0o755);
    fs.chmodSync(path.join(dir, 'secret'), 0);
    const read = (): string => asNobody(() => readText(path.join(dir, 'secret'), 10));
    expect(read).toThrow('cannot be read: permission denied');
  });

  test('CFG-2: a file that has no size and much in it is bounded, too', () => {
    expect(() => readText('/dev/zero', 10)).toThrow('is larger than 10 bytes');
  });

  test('CFG-4: relative names are relative to the folder, ~/ is the home directory where there is one', () => {
    const files = new ConfigFiles('/etc/nc', { HOME: '/home/me' });
    expect(files.absolute('k.yaml')).toBe('/etc/nc/k.yaml');
    expect(files.absolute('../k.yaml')).toBe('/etc/k.yaml');
    expect(files.absolute('/k.yaml')).toBe('/k.yaml');
    expect(files.absolute('~/k.yaml')).toBe('/home/me/k.yaml');
    expect(files.absolute('~other/k.yaml')).toBe('/etc/nc/~other/k.yaml');
    expect(new ConfigFiles('/etc/nc', {}).absolute('~/k.yaml')).toBe('/etc/nc/~/k.yaml');
  });
});

describe('the configuration file', () => {
  test('CFG-5: a named one is taken without looking whether it is there', () => {
    const cwd = tempDir();
    expect(findConfigFile({ file: 'x.yaml', env: {}, cwd })).toBe(path.join(cwd, 'x.yaml'));
    expect(findConfigFile({ env: { NIGHTCRIER_CONFIG: '/etc/x.yaml' }, cwd })).toBe('/etc/x.yaml');
    expect(findConfigFile({ env: { NIGHTCRIER_CONFIG: '' }, cwd })).toBe(
      fs.existsSync('/etc/nightcrier/nightcrier.yaml') ? '/etc/nightcrier/nightcrier.yaml' : null,
    );
  });

  test('CFG-2: when it is nowhere, the error names every place', () => {
    const [problem] = notFound().problems;
    expect(problem?.message).toContain('./nightcrier.yaml, ./configs/nightcrier.yaml, /etc/nightcrier/nightcrier.yaml');
    expect(problem).toMatchObject({ code: 'NC-CONFIG-001', line: null, excerpt: null });
  });

  test('UX-5: is shown as a person would write it', () => {
    expect(displayPath('/work/a/n.yaml', '/work')).toBe('a/n.yaml');
    expect(displayPath('/etc/n.yaml', '/work')).toBe('/etc/n.yaml');
    expect(displayPath('/work', '/work')).toBe('/work');
    expect(displayPath('/workshop/n.yaml', '/work')).toBe('/workshop/n.yaml');
  });
});
