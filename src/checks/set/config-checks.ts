import { secretsInTheOpen } from '../../config/describe.ts';
import * as configErrors from '../../config/errors.ts';
import { isLoopback } from '../../health/access/access.ts';
import { openToAll } from '../../health/errors.ts';
import { isProblemKind, problem } from '../../lib/problem.ts';
import { type Check, finding, passed } from '../check.ts';

const whole = (): readonly string[] => [''];
const base = { group: 'config', ofMany: null, dependsOn: [], subjects: whole } as const;

/** What the file says, before anything is asked. A file that cannot be used at all is told by the command itself. */
export const configChecks: readonly Check[] = [
  {
    ...base,
    id: 'config.valid',
    statement: 'the configuration is valid',
    kinds: Object.values(configErrors).filter(isProblemKind),
    inDaemon: false,
    run: async ({ loaded, clusters }) => ({
      problems: loaded.warnings.map(({ code, message, fix }) => ({ code, message, fix })),
      detail: `${clusters.size} of ${loaded.config.clusters.length} clusters`,
    }),
  },
  {
    ...base,
    id: 'config.secrets',
    statement: 'nobody else can read secrets in the configuration file',
    kinds: [configErrors.secretsReadable],
    inDaemon: true,
    run: async ({ loaded }) => {
      const found = secretsInTheOpen(loaded);
      return found === null ? passed : finding(found);
    },
  },
  {
    ...base,
    id: 'config.access',
    statement: 'reports and incidents are shown only on this machine, or to who has the token',
    kinds: [openToAll],
    inDaemon: true,
    run: async ({ loaded: { config, healthPort } }) => {
      const { host, token } = config.health;
      if (healthPort === 0 || token !== undefined || isLoopback(host)) return passed;
      return finding(problem(openToAll, `health.host is ${host}, and there is no health.token`));
    },
  },
];
