import path from 'node:path';
import type { Option } from 'commander';
import { describe, expect, test } from 'vitest';
import { findProblemKinds } from '../../../scripts/generate/problem-kinds.ts';
import * as appErrors from '../../../src/app/errors.ts';
import { problemKinds } from '../../../src/checks/problem-kinds.ts';
import { registry } from '../../../src/checks/run/registry.ts';
import { testMessageChecks } from '../../../src/checks/set/test-message.ts';
import { buildProgram } from '../../../src/cli/commands/program.ts';
import type { CliContext } from '../../../src/cli/context.ts';
import { checkGroups } from '../../../src/domain/wire/check-groups.ts';

const src = path.join(import.meta.dirname, '..', '..', '..', 'src');
const found = await findProblemKinds(src);
const checks = [...registry, ...testMessageChecks];

describe('UX-9: the registry of checks', () => {
  test('each code is used once, and is a code', () => {
    const codes = found.map(({ code }) => code);
    expect(codes.filter((code, at) => codes.indexOf(code) !== at)).toEqual([]);
    expect(codes.filter((code) => !/^NC-[A-Z]+-\d{3}$/.test(code))).toEqual([]);
  });

  test('every kind of a folder is known to explain, and to what shows problems', () => {
    const known = problemKinds([appErrors]);
    const below = found.filter(({ folder }) => folder !== 'cli').map(({ code }) => code);
    expect([...known.keys()].toSorted()).toEqual(below.toSorted());
  });

  test('every kind says what it is, why, and what to do', () => {
    const thin = found.filter(({ title, about, fix }) => [title, about, fix].some((text) => text.trim().length < 5));
    expect(thin.map(({ code }) => code)).toEqual([]);
  });

  test('each check has an id, a group, a statement and kinds of its own folder of errors', () => {
    const ids = checks.map(({ id }) => id);
    expect(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([]);
    const codes = new Set(found.map(({ code }) => code));
    for (const check of checks) {
      expect(checkGroups).toContain(check.group);
      expect(check.statement).toMatch(/^\S.*\S$/);
      expect(check.kinds.length).toBeGreaterThan(0);
      expect(check.kinds.filter(({ code }) => !codes.has(code))).toEqual([]);
    }
  });

  test('a check comes after those that it depends on', () => {
    const before = new Set<string>();
    for (const { id, dependsOn } of checks) {
      expect({ id, unknown: dependsOn.filter((one) => !before.has(one)) }).toEqual({ id, unknown: [] });
      before.add(id);
    }
  });
});

describe('UX-9: each fix that names a command of ours names one that exists', () => {
  const program = buildProgram({ io: { env: {} }, deps: {} } as unknown as CliContext);

  /** What is wrong with `nightcrier WORD --flag …` in a text; nothing when it exists with these flags. */
  function wrongIn(text: string): string[] {
    return [...text.matchAll(/\bnightcrier ([a-z]+)((?: [^\s"`,;:)]+)*)/g)].flatMap(([whole, word = '', rest = '']) => {
      const command = program.commands.find((one) => one.name() === word);
      // A sentence about the program, not a command.
      if (command === undefined) return quoted(text, whole) ? [`no command ${word}`] : [];
      const options = [...command.options, ...program.options] as Option[];
      const flags = rest.split(' ').filter((part) => part.startsWith('-'));
      return flags.filter((flag) => !options.some(({ long, short }) => [long, short].includes(flag.split('=')[0])));
    });
  }

  function quoted(text: string, part: string): boolean {
    return (
      text.startsWith(part) || text.includes(`\`${part}`) || text.includes(`"${part}`) || text.includes(`: ${part}`)
    );
  }

  test.each(found.map(({ code, fix, about }) => [code, fix, about] as const))('%s', (_code, fix, about) => {
    expect([...wrongIn(fix), ...wrongIn(about)]).toEqual([]);
  });

  test('it finds what is wrong', () => {
    expect(wrongIn('nightcrier frobnicate now')).toEqual(['no command frobnicate']);
    expect(wrongIn('run "nightcrier doctor --frob"')).toEqual(['--frob']);
    expect(wrongIn('nightcrier doctor --only {group} --log-level debug')).toEqual([]);
  });
});
