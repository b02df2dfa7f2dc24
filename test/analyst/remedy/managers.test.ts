import { expect, test } from 'vitest';
import { managerOf } from '../../../src/analyst/remedy/managers.ts';
import { object } from '../../support/kube-objects.ts';

type Fields = Record<string, unknown>;

const managed = (metadata: Fields) => managerOf(object('Deployment', 'web', { metadata }));

const helm = { 'app.kubernetes.io/managed-by': 'Helm' };
const application = { 'argocd.argoproj.io/tracking-id': 'shop-web:apps/Deployment:shop/web' };
const owner = (apiVersion: string, kind: string, controller: boolean): Fields => ({
  ownerReferences: [{ apiVersion, kind, name: 'main', uid: 'u', controller }],
});

test.each<[string, Fields, string, string | null, string]>([
  [
    'a Kustomization of Flux',
    { labels: { 'kustomize.toolkit.fluxcd.io/name': 'apps', 'kustomize.toolkit.fluxcd.io/namespace': 'flux-system' } },
    'Kustomization flux-system/apps of Flux',
    'kubectl -n flux-system get kustomization.kustomize.toolkit.fluxcd.io apps -o yaml',
    'at_once',
  ],
  [
    'a HelmRelease of Flux, which Helm labels too',
    {
      labels: { ...helm, 'helm.toolkit.fluxcd.io/name': 'web', 'helm.toolkit.fluxcd.io/namespace': 'shop' },
      annotations: { 'meta.helm.sh/release-name': 'web' },
    },
    'HelmRelease shop/web of Flux',
    'kubectl -n shop get helmrelease.helm.toolkit.fluxcd.io web -o yaml',
    'at_once',
  ],
  [
    'Argo CD by annotation',
    { annotations: application },
    'Application shop-web of Argo CD',
    'kubectl get applications.argoproj.io -A --field-selector metadata.name=shop-web',
    'at_once',
  ],
  [
    'Argo CD with Applications in other namespaces',
    { annotations: { 'argocd.argoproj.io/tracking-id': 'team_shop-web:apps/Deployment:shop/web' } },
    'Application shop-web of Argo CD',
    'kubectl get applications.argoproj.io -A --field-selector metadata.name=shop-web',
    'at_once',
  ],
  [
    'Argo CD by label, of what Helm rendered',
    { labels: { ...helm, 'argocd.argoproj.io/instance': 'web' } },
    'Application web of Argo CD',
    'kubectl get applications.argoproj.io -A --field-selector metadata.name=web',
    'at_once',
  ],
  [
    'an operator',
    owner('monitoring.coreos.com/v1', 'Prometheus', true),
    'Prometheus shop/main',
    'kubectl -n shop edit prometheus.monitoring.coreos.com main',
    'at_once',
  ],
  [
    'a Helm release of another namespace',
    {
      labels: helm,
      annotations: { 'meta.helm.sh/release-name': 'web', 'meta.helm.sh/release-namespace': 'releases' },
    },
    'the values of Helm release releases/web',
    null,
    'later',
  ],
])('QUA-1: who manages an object: %s', (_, metadata, name, command, reverts) => {
  expect(managed(metadata)).toEqual({ name, command, reverts });
});

test.each<[string, Fields]>([
  ['the label of Helm without a release', { labels: helm }],
  ['the usual labels', { labels: { 'app.kubernetes.io/instance': 'web', 'app.kubernetes.io/managed-by': 'someone' } }],
  ['half a label of Flux', { labels: { 'kustomize.toolkit.fluxcd.io/name': 'apps' } }],
  ['an owner that controls nothing', owner('x.example/v1', 'App', false)],
  ['a controller of Kubernetes itself', owner('apps/v1', 'Deployment', true)],
  ['nothing', {}],
])('QUA-1: nobody manages an object with %s', (_, metadata) => {
  expect(managed(metadata)).toBeNull();
});
