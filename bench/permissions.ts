import { rmSync } from 'node:fs';
import { KubectlPermissionDirectory } from '../src/cluster/permissions/directory.ts';
import { permissionsSchema } from '../src/cluster/config.ts';
import type { DomainEvents } from '../src/domain/events.ts';
import { systemClock } from '../src/lib/clock.ts';
import { Emitter } from '../src/lib/emitter.ts';
import { spawnProcess } from '../src/lib/process/spawn.ts';
import { startControlPlane } from '../test/support/control-plane.ts';
import { missingForControlPlane } from '../test/support/kube-assets.ts';
import type { Figure } from './figure.ts';

/** Permissions of 100 clusters, asked with real kubectl of one real API server, with the default bounds. */
export async function permissions(): Promise<Figure[]> {
  const missing = missingForControlPlane();
  if (missing !== null) return [{ name: 'permissions of 100 clusters', value: `not measured: ${missing}`, unit: '' }];
  const plane = await startControlPlane();
  const cacheDir = `${plane.dir}/kubectl-cache`;
  try {
    const events = new Emitter<DomainEvents>();
    const known = new Set<string>();
    const done = Promise.withResolvers<void>();
    events.on('permissions:changed', ({ cluster, snapshot }) => {
      if (snapshot.minimum_met === true) known.add(cluster);
      if (known.size === 100) done.resolve();
    });
    const directory = new KubectlPermissionDirectory({
      targets: Array.from({ length: 100 }, (_, index) => ({
        name: `sim-${index}`,
        kubeconfig: plane.kubeconfig,
        context: null,
        allowSecrets: false,
      })),
      config: () => permissionsSchema.parse({}),
      events,
      spawn: spawnProcess,
      clock: systemClock,
      kubectl: 'kubectl',
      env: { PATH: process.env['PATH'] ?? '', HOME: plane.dir },
      cacheDir,
    });
    const started = performance.now();
    directory.start();
    const keepAlive = setInterval(() => {}, 1000);
    await done.promise;
    clearInterval(keepAlive);
    const seconds = Number(((performance.now() - started) / 1000).toFixed(1));
    await directory.stop();
    return [{ name: 'permissions of 100 clusters known', value: seconds, unit: 's' }];
  } finally {
    await plane.stop();
    rmSync(cacheDir, { recursive: true, force: true });
  }
}
