import type { Command, Option } from 'commander';
import type { ValueKind } from './complete.ts';

/** Values of the state, files, words, or nothing that is known. */
export type Values = ValueKind | 'files' | readonly string[] | null;

/** A command as a shell completes it. */
export interface CompletedCommand {
  /** `why`, `silence add`. */
  readonly path: string;
  readonly description: string;
  /** Its long options, those of all commands too. */
  readonly options: readonly string[];
  /** What stands at its places: values of the state, or words. */
  readonly places: readonly Values[];
}

/** An option with a value. */
export interface CompletedOption {
  /** As it is written: `--output`, `-o`. */
  readonly flags: readonly string[];
  readonly values: Values;
}

export interface Completed {
  readonly commands: readonly CompletedCommand[];
  readonly options: readonly CompletedOption[];
}

const valuesOfArguments: Readonly<Record<string, ValueKind | 'files'>> = {
  incident: 'incidents',
  cluster: 'clusters',
  object: 'objects',
  file: 'files',
};

/** The commands that are not hidden, those below others too, and every option that takes a value. */
export function describeCommands(program: Command): Completed {
  const help = program.createHelp();
  const common = help.visibleOptions(program);
  const visible = (command: Command): Command[] => help.visibleCommands(command).filter((it) => it.name() !== 'help');
  const walk = (command: Command, above: string): CompletedCommand[] => {
    const path = above === '' ? command.name() : `${above} ${command.name()}`;
    const below = visible(command);
    const options = [...help.visibleOptions(command), ...common].flatMap(({ long }) => (long ? [long] : []));
    const places = command.registeredArguments.map((it) => it.argChoices ?? valuesOfArguments[it.name()] ?? null);
    const own = {
      path,
      description: command.description(),
      options: [...new Set(options)],
      places: below.length === 0 ? places : [below.map((it) => it.name())],
    };
    return [own, ...below.flatMap((it) => walk(it, path))];
  };
  const commands = visible(program).flatMap((command) => walk(command, ''));
  return { commands, options: valuedOptions(program) };
}

function valuedOptions(program: Command): CompletedOption[] {
  const found = new Map<string, CompletedOption>();
  const walk = (command: Command): void => {
    for (const option of command.options) {
      const { long, short, required, optional } = option;
      if (!long || (!required && !optional)) continue;
      const known = found.get(long)?.values ?? null;
      found.set(long, { flags: short ? [long, short] : [long], values: valuesOfOption(option) ?? known });
    }
    for (const below of command.commands) walk(below);
  };
  walk(program);
  return [...found.values()];
}

function valuesOfOption({ long, flags, argChoices }: Option): Values {
  if (long === '--cluster') return 'clusters';
  if (long === '--incident') return 'incidents';
  return flags.includes('<file') ? 'files' : (argChoices ?? null);
}
