import type { Row } from './asked.ts';

const env = 'recordings/001-missing-env';
const tag = 'recordings/013-shared-bad-tag';
const port = 'recordings/067-target-port';
const taint = 'recordings/100-taint';
const injected = 'recordings/091-injection-log';
const mirror = 'recordings/028-registry-unreachable';
const claim = 'recordings/076-pv-released';
const stale = 'public/a05-redis-old-password';

/** Questions that name something: what they say is of that object, or says that it is of another. */
export const aboutNames: readonly Row[] = [
  // Another digit, and another letter in what a program made, is another object.
  [env, 'how is worker-05', ['Nothing in the evidence is named worker-05'], ['Node worker-01']],
  [env, 'is worker-05 ok', ['Nothing in the evidence is named worker-05'], ['it stands', 'worker-01']],
  [env, 'logs of worker-1', ['Nothing in the evidence is named worker-1'], ['worker-01', '> {']],
  [env, 'is checkout-7876dd8dd7-ddk2r ok', ['is named checkout-7876dd8dd7-ddk2r'], ['it stands', 'CrashLoop']],
  [taint, 'how is worker-50', ['Nothing in the evidence is named worker-50'], ['Node worker-05']],
  // What is forgiven is said.
  [env, 'logs of chekcout', ['chekcout is taken for checkout.', 'startup failed']],
  [env, 'is prcing ok', ['prcing is taken for pricing.', 'Deployment shop/pricing'], ['it stands']],
  [env, 'why is checkuot crashing', ['checkuot is taken for checkout.', 'shows it directly']],
  // How a named object stands is told of that object.
  [env, 'is worker-01 ok', ['Node worker-01: Ready is True', 'about Deployment shop/checkout, not'], ['it stands']],
  [env, 'how is worker-01', ['Node worker-01: Ready is True'], ['it stands']],
  [env, 'is checkout-57786f9cbb-5bj5z ok', ['5bj5z: Running, ready, 0 restarts'], ['it stands']],
  [env, 'is checkout-7876dd8dd7-ddk2t ok', ['ddk2t: Running, not ready'], ['5bj5z']],
  [env, 'is checkout ok', ['1 of 1 fault has not cleared', 'exit code 1']],
  [
    env,
    'is pricing ok',
    ['2 of 2 pods of Deployment shop/pricing are ready', 'not about Deployment shop/pricing'],
    ['it stands', 'shows it directly'],
  ],
  [env, 'status of the basket', ['1 of 1 pod of Deployment shop/basket is ready'], ['it stands']],
  [port, 'is the service books up', ['Service library/books', 'The cause speaks of it'], ['it stands']],
  [port, 'logs of service books', ['Pod library/books-'], ['Pod library/loans-']],
  [stale, 'is nightly-lint ok', ['CronJob devbox/nightly-lint: '], ['it stands', '0 of 0']],
  [stale, 'logs of nightly-lint', ['No log of nightly-lint is kept'], ['> ']],
  [stale, 'images of nightly-lint', ['CronJob devbox/nightly-lint'], ['parcel-api']],
  // Why and since when: first whether, then of the incident, as what it is.
  [
    env,
    'why is pricing down',
    [
      '2 of 2 pods of Deployment shop/pricing are ready',
      'What follows is of the incident of Deployment shop/checkout.\nThe container checkout',
    ],
  ],
  [
    env,
    'since when is pricing down',
    ['2 of 2 pods of Deployment shop/pricing are ready', 'What follows is of the incident of Deployment shop/checkout'],
  ],
  [env, 'why is checkout down', ['shows it directly'], ['What follows']],
  [env, 'how do I fix pricing', ['What follows is of the incident of Deployment shop/checkout.\n1. Set']],
  // What nothing is named is said, and nothing of another object is told as if it were of that.
  [env, 'logs of cart', ['Nothing in the evidence is named cart', 'metadata.name=cart'], ['> {']],
  [env, 'logs for the cart', ['Nothing in the evidence is named cart'], ['> {']],
  [env, 'events from cart', ['Nothing in the evidence is named cart'], ['> Back-off']],
  [
    env,
    'is cart down',
    ['Nothing in the evidence is named cart', 'What follows is of the incident of Deployment shop/c'],
  ],
  [env, 'why is the cart still failing', ['Nothing in the evidence is named cart', 'What follows is of the incident']],
  [env, 'is the redis service up', ['Nothing in the evidence is named redis', 'What follows is of the incident']],
  [injected, 'is the smtp server down', ['Nothing in the evidence is named smtp', 'What follows is of the incident']],
  [mirror, 'is docker hub down', ['Nothing in the evidence is named docker', 'What follows is of the incident']],
  [claim, 'archive-data?', ['PersistentVolumeClaim records/archive-data: ', 'FailedBinding']],
  [env, 'what about cart', ['Nothing in the evidence is named cart']],
  // What is asked in the same words and is no object.
  [env, 'is everything ok', ['it stands'], ['is named']],
  [env, 'is production down', ['it stands'], ['is named']],
  [env, 'are customers affected', [], ['is named']],
  [env, 'logs of the last hour', ['startup failed'], ['is named']],
  [env, 'is it out of memory', ['limits memory=96Mi'], ['is named']],
  [env, 'what is the state of things', ['it stands'], ['is named']],
  // Words of the incident itself are known, and no objects.
  [tag, 'who pushed 2.41.0', [], ['Nothing in the evidence is named']],
  [env, 'is recorded affected too', [], ['Nothing in the evidence is named']],
  [env, 'who is using up the quota', [], ['named using']],
  [env, 'is shop down', ['4 of 4 pods of 3 workloads are ready'], ['Nothing in the evidence is named']],
];
