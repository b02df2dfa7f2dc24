import { readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { agentImage, containersWith, lacksEngine } from '../../support/agent-image.ts';
import { containerTrial } from '../../support/container-trial.ts';

const skip = lacksEngine('what can be seen in a container');
let image = '';

beforeAll(async () => {
  if (!skip) image = await agentImage();
}, 120_000);

/** Each must fail: it reaches for something outside of the container, or for rights that it has not. */
const attempts: readonly [what: string, script: string][] = [
  ['write to the root, the programs, the scripts', '(: > /x) || (: > /usr/bin/x) || (: > /opt/nightcrier/agents/x)'],
  [
    'write to the evidence or the task',
    '(: > /workspace/evidence/pods.txt) || (: > /workspace/prompt.md) || (: > /workspace/x)',
  ],
  ['run a program of its own', 'cp /bin/true /tmp/own && chmod +x /tmp/own && /tmp/own'],
  ['become root', 'su -c true || setpriv --reuid 0 true || (exec 3>/etc/passwd)'],
  ['mount', 'mount -t tmpfs none /tmp || mount -o remount,rw /'],
  ['a namespace of its own', 'unshare --user true || unshare --mount true || unshare --net true'],
  ['the namespaces of the machine', 'nsenter --target 1 --mount true || chroot / true'],
  ['the log of the kernel', '(head -c 1 /dev/kmsg) || dmesg'],
  ['the memory of the kernel', 'test -s /proc/kcore && head -c 64 /proc/kcore | grep -q ELF'],
  ['settings of the kernel', '(echo 1 > /proc/sys/kernel/core_pattern) || (echo b > /proc/sysrq-trigger)'],
  [
    'its own limits',
    'echo 0 > /sys/fs/cgroup/memory/memory.limit_in_bytes || echo max > /sys/fs/cgroup/memory.max || mkdir /sys/fs/cgroup/x',
  ],
  ['devices', 'mknod /tmp/sda b 8 0 || ls /dev/sd* /dev/vd* /dev/nvme* /dev/mem /dev/kvm 2>/dev/null'],
  ['the engine', 'ls /var/run/docker.sock /run/docker.sock /run/containerd/containerd.sock 2>/dev/null'],
  ['the network of the machine', '(: > /dev/tcp/172.17.0.1/22) || (: > /dev/udp/172.17.0.1/53)'],
  ['the internet, the address of cloud metadata', '(: > /dev/tcp/1.1.1.1/443) || (: > /dev/tcp/169.254.169.254/80)'],
  ['processes of the machine', "grep -lxE 'dockerd|containerd|systemd|sshd|init|node' /proc/[0-9]*/comm"],
];

describe.skipIf(skip)('TRI-4: what an agent in a container sees', () => {
  test('no attempt at something outside succeeds; SECURITY.md lists them', async () => {
    const lines = attempts.map(
      ([, script], index) => `if (${script}) >/dev/null 2>&1; then echo "succeeded ${index}"; fi`,
    );
    const { end, label } = await containerTrial(image, [...lines, 'echo done'].join('\n'));
    const succeeded = [...end.stdout.matchAll(/succeeded (\d+)/g)].map(([, index]) => attempts[Number(index)]?.[0]);
    expect(succeeded).toEqual([]);
    expect(end.stdout).toContain('done');
    expect(await containersWith(label)).toEqual([]);
    const page = readFileSync(path.join(import.meta.dirname, '../../../SECURITY.md'), 'utf8');
    expect(attempts.filter(([what]) => !page.includes(`- ${what}\n`)).map(([what]) => what)).toEqual([]);
  });

  test('the environment of every process, the mounts that it can write to, and the interfaces are these', async () => {
    const script = [
      "cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | cut -d= -f1 | sort -u | sed 's/^/env /'",
      'for place in $(cut -d" " -f2 /proc/mounts); do [ -d $place ] && (: > $place/probe) 2>/dev/null && echo "rw $place"; done',
      "sed -n '3,$p' /proc/net/dev | cut -d: -f1 | tr -d ' ' | sed 's/^/net /'",
      "for file in /proc/[0-9]*/comm; do sed 's/^/process /' $file; done 2>/dev/null",
    ];
    const { end } = await containerTrial(image, script.join('\n'), { env: { TEAM: 'red', SERVICE_TOKEN: 'canary' } });
    const lines = end.stdout.split('\n');
    const of = (kind: string): string[] => [
      ...new Set(lines.filter((line) => line.startsWith(`${kind} `)).map((line) => line.slice(kind.length + 1))),
    ];
    const run = ['CLUSTER', 'INCIDENT', 'MODEL', 'PROMPT_FILE', 'WORKSPACE'].map((name) => `NIGHTCRIER_RUN_${name}`);
    const shell = ['HOME', 'HOSTNAME', 'LANG', 'OLDPWD', 'PATH', 'PWD', 'SHLVL', 'TEAM', 'TMPDIR', '_'];
    expect(of('env').filter((name) => ![...run, ...shell].includes(name))).toEqual([]);
    expect(end.stdout).not.toContain('canary');
    const memory = ['/home/agent', '/tmp', '/workspace/output', '/workspace/logs'];
    expect(of('rw').sort()).toEqual(memory.sort());
    expect(
      of('net').filter((name) => !/^(lo|tunl0|gre|sit0|ip6tnl0|ip6_vti0|ip_vti0|erspan0|gretap0|ip6gre0)/.test(name)),
    ).toEqual([]);
    const programs = [
      'docker-init',
      'nightcrier-agen',
      'bash',
      'awk',
      'mawk',
      'cat',
      'sed',
      'sort',
      'cut',
      'tr',
      'grep',
      'tini',
    ];
    expect(of('process').filter((name) => !programs.includes(name))).toEqual([]);
  });
});
