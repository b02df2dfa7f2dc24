import { Command } from 'commander';
import { configJsonSchemaText } from '../config/schema-shape.ts';
import { action, type CliContext, examples } from './context.ts';

export function schemaCommand(context: CliContext): Command {
  return new Command('schema')
    .description('print the JSON Schema of the configuration file, for editors')
    .addHelpText('after', examples('nightcrier schema > nightcrier.schema.json'))
    .action(
      action(context, () => {
        context.io.stdout.write(configJsonSchemaText());
        return 0;
      }),
    );
}
