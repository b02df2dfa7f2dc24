import { describe, expect, test } from 'vitest';
import { objectName, parseObjectName, requireKnownObject } from '../../../src/cli/format/object-name.ts';
import { kinds } from '../../../src/kube/kinds.ts';

/** The words of a command line, `-n NAMESPACE` among them. */
function parse(line: string) {
  const words = line.split(' ');
  const at = words.indexOf('-n');
  const namespace = at === -1 ? undefined : words.splice(at, 2)[1];
  const [object = '', name] = words;
  return parseObjectName({ object, name, namespace });
}

describe('OPS-4: an object is named in each form that kubectl takes', () => {
  test.for([
    ['Deployment/shop/cart', 'Deployment/shop/cart'],
    ['deploy/shop/cart', 'Deployment/shop/cart'],
    ['deployments/shop/cart', 'Deployment/shop/cart'],
    ['deployments.apps/shop/cart', 'Deployment/shop/cart'],
    ['deployment.v1.apps/shop/cart', 'Deployment/shop/cart'],
    ['PVC/shop/data', 'PersistentVolumeClaim/shop/data'],
    ['po/cart-0 -n shop', 'Pod/shop/cart-0'],
    ['po cart-0 -n shop', 'Pod/shop/cart-0'],
    ['sts/shop/db -n shop', 'StatefulSet/shop/db'],
    ['node//n1', 'Node//n1'],
    ['node/n1', 'Node//n1'],
    ['no n1', 'Node//n1'],
    ['NODES/n1 -n shop', 'Node//n1'],
    ['Gadget/shop/g', 'Gadget/shop/g'],
    ['gadgets.example.com/g -n shop', 'gadgets.example.com/shop/g'],
    ['service.serving.knative.dev/shop/g', 'service.serving.knative.dev/shop/g'],
  ] as const)('%s is %s', ([line, name]) => {
    expect(objectName(parse(line))).toBe(name);
  });

  test('every kind is known by its kind, plural, short names, and each of them with its group', () => {
    for (const { kind, plural, shortNames, apiVersion } of kinds) {
      const group = apiVersion.includes('/') ? `.${apiVersion.split('/')[0]}` : '';
      for (const word of [kind, plural, ...shortNames]) {
        for (const written of [word, word.toUpperCase(), `${word}${group}`]) {
          expect(parseObjectName({ object: written, name: 'x' }).kind).toBe(kind);
        }
      }
    }
  });
});

test.for([
  ['shop/cart/', 'is not KIND/NAMESPACE/NAME'],
  ['Pod', 'is not KIND/NAMESPACE/NAME'],
  ['Pod/shop/', 'is not KIND/NAMESPACE/NAME'],
  ['/shop/cart', 'is not KIND/NAMESPACE/NAME'],
  ['Pod/shop/cart/extra', 'is not KIND/NAMESPACE/NAME'],
  ['Pod/shop/cart extra', 'is not KIND/NAMESPACE/NAME'],
  ['Pod/shop/cart -n other', 'is in namespace shop, and -n says other'],
  ['node/shop/n1', 'a Node is in no namespace: Node//n1'],
] as const)('%s is no object', ([line, message]) => {
  expect(() => parse(line)).toThrow(message);
});

test.for([
  ['deploymnt/shop/cart', 'there is no kind "deploymnt", did you mean "Deployment"?'],
  ['statefullsets.apps/shop/db', 'there is no kind "statefullsets.apps", did you mean "StatefulSet"?'],
  ['zzzzzzzz/shop/x', 'there is no kind "zzzzzzzz"'],
  ['deploy/cart', 'a Deployment is in a namespace: Deployment/NAMESPACE/cart'],
] as const)('OPS-4: %s is not asked of a cluster', async ([line, message]) => {
  await expect(requireKnownObject(parse(line))).rejects.toThrow(message);
});

test('what a cluster can be asked for passes', async () => {
  for (const line of ['deploy/shop/cart', 'node/n1', 'ns/shop']) {
    await expect(requireKnownObject(parse(line))).resolves.toBeUndefined();
  }
});
