import type { Finding } from '../../kube/detect/finding.ts';
import type { PushFault } from './push-fault.ts';

/** What the push server notices; everything else only a sweep sees (docs/mcp-servers.md). */
const noticedTypes = new Set(['PodCrash', 'CrashLoop', 'NodeUnhealthy', 'DeploymentFailure', 'JobFailure']);

/** The findings on an object that the push server would send. */
export function noticedFaults(findings: readonly Finding[]): PushFault[] {
  return findings
    .filter((finding) => noticedTypes.has(finding.type) && finding.resource.uid !== null)
    .map(({ type, severity, resource, container, context }) => ({
      faultType: type,
      severity,
      resource: {
        apiVersion: resource.apiVersion,
        kind: resource.kind,
        name: resource.name,
        ...(resource.namespace !== null && { namespace: resource.namespace }),
        uid: resource.uid ?? '',
      },
      container,
      context,
    }));
}
