import { z } from 'zod';
import { define, type Tool } from '../tool.ts';
import { ToolError } from '../tool-error.ts';
import { diskUsage, isOfDisk, processes, serviceFacts } from './host-output.ts';
import { tailLogs } from './tail-logs.ts';
import { saidOutput, targetArgs, TeleportUse, type TeleportToolsDeps } from './teleport-use.ts';

const toolset = 'teleport' as const;
const audiences = ['assistant', 'operator'] as const;
const whereOutput = { ...saidOutput, cluster: z.string(), node: z.string(), user: z.string() };

/** A file system that is fuller than that is told, percent. */
const fullPercent = 85;

/** The tools that look at the host of a node: each is one command of a fixed form. */
export function hostTools(deps: TeleportToolsDeps): readonly Tool[] {
  return [checkService(deps), tailLogs(deps), checkDisk(deps), getProcess(deps)];
}

const serviceOutput = z.object({
  ...whereOutput,
  service: z.string(),
  description: z.string(),
  active: z.boolean(),
  active_state: z.string(),
  sub_state: z.string(),
  enabled: z.string().describe('enabled, disabled, static …'),
  main_pid: z.int(),
  exit_status: z.int().describe('Of its last end.'),
  restarts: z.int(),
  since: z.string().describe('As systemd writes it, in the time zone of the node; empty when it never was active.'),
});

function checkService(deps: TeleportToolsDeps): Tool {
  return define({
    name: 'check_service_status',
    toolset,
    title: 'State of a systemd service',
    description:
      'Gives the state of one systemd unit of a node (kubelet, containerd …): active or failed, since when, restarts. Does not start, stop or restart anything.',
    audiences,
    input: z.strictObject({
      ...targetArgs,
      service: z
        .string()
        .regex(/^[A-Za-z0-9][A-Za-z0-9@._-]{0,199}$/, 'the name of a systemd unit')
        .describe('Name of the unit, such as kubelet or containerd.service.'),
    }),
    output: serviceOutput,
    run: async ({ service, ...args }, call) => {
      const use = new TeleportUse(deps, call);
      const target = use.target(args);
      const unit = service.includes('.') ? service : `${service}.service`;
      const { stdout } = await use.run(target, [
        'systemctl',
        'show',
        '--no-pager',
        `--property=${serviceProperties}`,
        unit,
      ]);
      const facts = serviceFacts(stdout);
      if (facts === null) {
        throw new ToolError(
          'not_found',
          `${target.node} has no unit ${unit}`,
          'Name a unit of the node; kubelet, containerd and docker are usual ones.',
        );
      }
      const message = `${unit} on ${target.node} is ${facts.active_state} (${facts.sub_state}).`;
      return { ...target, ...facts, service: unit, success: facts.active, message };
    },
  });
}

const serviceProperties =
  'Description,LoadState,ActiveState,SubState,UnitFileState,MainPID,ExecMainStatus,NRestarts,ActiveEnterTimestamp';

function checkDisk(deps: TeleportToolsDeps): Tool {
  return define({
    name: 'check_disk_usage',
    toolset,
    title: 'File systems of a node',
    description:
      'Gives size and use of the disks of a node by file system, the fullest first. Read-only images, memory (tmpfs) and layers of containers are left out.',
    audiences,
    input: z.strictObject(targetArgs),
    output: z.object({
      ...whereOutput,
      filesystems: z.array(
        z.object({
          filesystem: z.string(),
          type: z.string().describe('ext4, xfs …'),
          mounted_on: z.string(),
          size_bytes: z.int(),
          used_bytes: z.int(),
          available_bytes: z.int(),
          used_percent: z.int(),
        }),
      ),
    }),
    run: async (args, call) => {
      const use = new TeleportUse(deps, call);
      const target = use.target(args);
      // A mount that cannot be read is told on standard error, and the others all the same.
      const { stdout } = await use.run(
        target,
        ['df', '-P', '-T', '-k', '-l'],
        ({ stdout: text }) => diskUsage(text).length > 0,
      );
      const filesystems = diskUsage(stdout).filter(isOfDisk);
      return { ...target, filesystems, success: filesystems.length > 0, message: fullOn(target.node, filesystems) };
    },
  });
}

function fullOn(node: string, filesystems: ReturnType<typeof diskUsage>): string {
  if (filesystems.length === 0) return `df shows no disk of ${node}.`;
  const full = filesystems.filter((one) => one.used_percent >= fullPercent);
  if (full.length === 0) return `No file system of ${node} is over ${fullPercent} %.`;
  return `Full on ${node}: ${full.map((one) => `${one.mounted_on} ${one.used_percent} %`).join(', ')}.`;
}

function getProcess(deps: TeleportToolsDeps): Tool {
  return define({
    name: 'get_process_info',
    toolset,
    title: 'Processes of a node',
    description:
      'Gives the processes of a node that have a name (kubelet, etcd …): ids, user, CPU, memory, age, and the names of their flags without the values, which may be secrets.',
    audiences,
    input: z.strictObject({
      ...targetArgs,
      process_name: z
        .string()
        .regex(/^[A-Za-z0-9_][A-Za-z0-9._+-]{0,63}$/, 'the name of a program')
        .describe('Name of the program, without its path.'),
    }),
    output: z.object({
      ...whereOutput,
      process_name: z.string(),
      processes: z.array(
        z.object({
          pid: z.int(),
          parent_pid: z.int(),
          run_by: z.string(),
          cpu_percent: z.number(),
          memory_percent: z.number(),
          memory_bytes: z.int(),
          age_s: z.int(),
          state: z.string(),
          program: z.string().describe('As it was started; empty when that is no path or name.'),
          flags: z.array(z.string()).describe('Names of its flags; of those with one dash the first letter.'),
        }),
      ),
    }),
    run: async ({ process_name: name, ...args }, call) => {
      const use = new TeleportUse(deps, call);
      const target = use.target(args);
      const columns = 'pid=,ppid=,user=,pcpu=,pmem=,rss=,etimes=,stat=,args=';
      // Without such a process ps ends with 1 and says nothing.
      const result = await use.run(
        target,
        ['ps', '-ww', '-C', name, '-o', columns],
        ({ exitCode, stdout }) => exitCode === 1 && stdout === '',
      );
      const found = processes(result.stdout);
      const message = `${found.length} processes named ${name} on ${target.node}.`;
      return { ...target, process_name: name, processes: found, success: found.length > 0, message };
    },
  });
}
