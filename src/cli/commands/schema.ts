import { Command } from 'commander';
import { packageVersion } from '../../app/package-info.ts';
import { action, type CliContext, examples } from '../context.ts';

export function schemaCommand(context: CliContext): Command {
  return new Command('schema')
    .description('print the JSON Schema of the configuration file, for editors')
    .addHelpText('after', examples('nightcrier schema > nightcrier.schema.json'))
    .action(
      action(context, async () => {
        const { configJsonSchemaText } = await import('../../config/schema-shape.ts');
        context.io.stdout.write(configJsonSchemaText(packageVersion()));
        return 0;
      }),
    );
}
