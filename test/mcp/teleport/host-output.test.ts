import { describe, expect, test } from 'vitest';
import { diskUsage, isOfDisk, processes, serviceFacts } from '../../../src/mcp/teleport/host-output.ts';

describe('systemctl show', () => {
  test('values hold = and may be empty', () => {
    const shown = 'Description=a=b\nLoadState=loaded\nActiveState=active\nSubState=running\nMainPID=812\nNRestarts=x\n';
    expect(serviceFacts(shown)).toEqual({
      description: 'a=b',
      active: true,
      active_state: 'active',
      sub_state: 'running',
      enabled: '',
      main_pid: 812,
      exit_status: 0,
      restarts: 0,
      since: '',
    });
  });

  test.each(['', 'LoadState=not-found\nActiveState=inactive\n', 'no such thing'])('%j is no unit', (shown) => {
    expect(serviceFacts(shown)).toBeNull();
  });
});

describe('df', () => {
  test('names with spaces, negative room, and lines of another form', () => {
    const shown = [
      'Filesystem     Type 1024-blocks      Used Available Capacity Mounted on',
      '/dev/mapper/a b   xfs 1000 1100 -100 110% /data',
      'tmpfs tmpfs 2000 0 2000 0% /run',
      'df: /mnt: Permission denied',
      'none - - - - - /sys',
    ];
    expect(diskUsage(shown.join('\n'))).toMatchObject([
      { filesystem: '/dev/mapper/a b', type: 'xfs', available_bytes: -102_400, used_percent: 110, mounted_on: '/data' },
      { filesystem: 'tmpfs', type: 'tmpfs', size_bytes: 2_048_000, used_percent: 0, mounted_on: '/run' },
    ]);
  });
});

describe('which file systems are of disks', () => {
  test.each([
    ['ext4', '/', true],
    ['xfs', '/var/lib/containerd', true],
    ['zfs', '/data', true],
    ['fuse.sshfs', '/mnt/a', true],
    ['squashfs', '/snap/core18/2829', false],
    ['squashfs', '/', false],
    ['iso9660', '/media/cdrom', false],
    ['tmpfs', '/var/lib/kubelet/pods/1/volumes/kubernetes.io~projected/token', false],
    ['overlay', '/run/containerd/io.containerd.runtime.v2.task/k8s.io/1/rootfs', false],
    ['overlay', '/', true],
  ])('%s at %s: %s', (type, on, wanted) => {
    expect(isOfDisk({ type, mounted_on: on })).toBe(wanted);
  });
});

describe('ps', () => {
  test('TEL-3: of a command line only the program and names of flags are shown', () => {
    expect(processes('  812     1 root      1.5  0.3 123456  86400 Ssl  /usr/bin/kubelet --config=/a  b\nx\n')).toEqual(
      [
        {
          pid: 812,
          parent_pid: 1,
          run_by: 'root',
          cpu_percent: 1.5,
          memory_percent: 0.3,
          memory_bytes: 126_418_944,
          age_s: 86_400,
          state: 'Ssl',
          program: '/usr/bin/kubelet',
          flags: ['--config'],
        },
      ],
    );
  });

  test.each([
    ['mysqld -phunter2x --user mysql', 'mysqld', ['-p', '--user']],
    ['redis-server *:6379 --requirepass hunter2x', 'redis-server', ['--requirepass']],
    ['curl -u admin:hunter2x https://x --max-time 5 --max-time 6', 'curl', ['-u', '--max-time']],
    ['sshpass -p hunter2x ssh a', 'sshpass', ['-p']],
    ['java -Ddb.password=hunter2x -jar a.jar', 'java', ['-D', '-j']],
    ['postgres: app shop 10.0.0.1 hunter2x', 'postgres:', []],
    ['PASSWORD=hunter2x', '', []],
    ['[kworker/0:1]', '[kworker/0:1]', []],
  ])('TEL-3: %s shows no value', (command, program, flags) => {
    expect(processes(`1 1 root 0.0 0.0 1 1 S ${command}`)).toMatchObject([{ program, flags }]);
    expect(JSON.stringify(processes(`1 1 root 0.0 0.0 1 1 S ${command}`))).not.toContain('hunter');
  });
});
