import { expect, test } from 'vitest';
import { objectName, parseObjectName } from '../../../src/cli/format/object-name.ts';

test.for([
  ['Deployment/shop/cart', 'Deployment/shop/cart'],
  ['deploy/shop/cart', 'Deployment/shop/cart'],
  ['PVC/shop/data', 'PersistentVolumeClaim/shop/data'],
  ['node//n1', 'Node//n1'],
  ['Gadget/shop/g', 'Gadget/shop/g'],
] as const)('%s is %s', ([text, name]) => {
  expect(objectName(parseObjectName(text))).toBe(name);
});

test.for(['shop/cart', 'Pod/shop', 'Pod/shop/', '/shop/cart', 'Pod/shop/cart/extra'])('%s is no object', (text) => {
  expect(() => parseObjectName(text)).toThrow('is not KIND/NAMESPACE/NAME');
});
