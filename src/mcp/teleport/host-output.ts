/** What `systemctl show` says of a unit; null when there is no such unit. */
export function serviceFacts(stdout: string) {
  const values = new Map(
    stdout.split('\n').flatMap((line): [string, string][] => {
      const at = line.indexOf('=');
      return at < 0 ? [] : [[line.slice(0, at), line.slice(at + 1)]];
    }),
  );
  const text = (name: string): string => values.get(name) ?? '';
  if (text('LoadState') === 'not-found' || values.size === 0) return null;
  return {
    description: text('Description'),
    active: text('ActiveState') === 'active',
    active_state: text('ActiveState'),
    sub_state: text('SubState'),
    enabled: text('UnitFileState'),
    main_pid: whole(text('MainPID')),
    exit_status: whole(text('ExecMainStatus')),
    restarts: whole(text('NRestarts')),
    since: text('ActiveEnterTimestamp'),
  };
}

/**
 * File systems that say nothing of the disks: images that are read-only and always full, memory, and the layers of
 * containers, whose room is that of the disk below.
 */
const notOfDisks: ReadonlySet<string> = new Set(
  'squashfs iso9660 udf erofs cramfs tmpfs devtmpfs ramfs efivarfs overlay'.split(' '),
);

/** Whether it can get full. The root is what it is: of a node that is a container, an overlay. */
export function isOfDisk({ type, mounted_on: on }: { readonly type: string; readonly mounted_on: string }): boolean {
  return !notOfDisks.has(type) || (type === 'overlay' && on === '/');
}

/** The file systems of `df -P -T -k` (POSIX and the type: one line each, 1024-byte blocks), the fullest first. */
export function diskUsage(stdout: string) {
  return stdout
    .split('\n')
    .flatMap((line) => {
      const match = /^(\S.*?)\s+([a-z][\w.-]*)\s+(\d+)\s+(\d+)\s+(-?\d+)\s+(\d+)%\s+(\/.*)$/.exec(line);
      if (match === null) return [];
      const [, filesystem = '', type = '', size, used, available, percent, mounted = ''] = match;
      return [
        {
          filesystem,
          type,
          mounted_on: mounted,
          size_bytes: whole(size) * 1024,
          used_bytes: whole(used) * 1024,
          available_bytes: whole(available) * 1024,
          used_percent: whole(percent),
        },
      ];
    })
    .toSorted((a, b) => b.used_percent - a.used_percent || (a.mounted_on < b.mounted_on ? -1 : 1));
}

/**
 * The processes of `ps -o pid=,ppid=,user=,pcpu=,pmem=,rss=,etimes=,stat=,args=`. Of their command lines only what is no
 * value: passwords stand there under any name (`-pPASSWORD`, `-u USER:PASSWORD`, `--requirepass PASSWORD`).
 */
export function processes(stdout: string) {
  return stdout.split('\n').flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+([\d.]+)\s+([\d.]+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line);
    if (match === null) return [];
    const [, pid, parent, runBy = '', cpu, memory, rss, age, state = '', command = ''] = match;
    return [
      {
        pid: whole(pid),
        parent_pid: whole(parent),
        run_by: runBy,
        cpu_percent: Number(cpu),
        memory_percent: Number(memory),
        memory_bytes: whole(rss) * 1024,
        age_s: whole(age),
        state,
        ...withoutValues(command),
      },
    ];
  });
}

/** Names of flags that are given. */
const maxFlags = 100;

function withoutValues(command: string): { program: string; flags: string[] } {
  const [first = '', ...rest] = command.split(/\s+/);
  const flags = rest.flatMap((word) => {
    const long = /^--[A-Za-z][\w.-]{0,63}(?==|$)/.exec(word)?.[0];
    // After the first letter its value may stand.
    return long ?? /^-[A-Za-z]/.exec(word)?.[0] ?? [];
  });
  return {
    program: /^[\w./@+:[\]-]{1,256}$/.test(first) ? first : '',
    flags: [...new Set(flags)].slice(0, maxFlags),
  };
}

function whole(text: string | undefined): number {
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : 0;
}
