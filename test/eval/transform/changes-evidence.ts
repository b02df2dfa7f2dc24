/** Where a change does change what the evidence tells, so that another verdict is right: by change and state, with the reason. */
export const changesEvidence: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'other images': { 'ak05-headroom-pods': 'its image is what shows that a container only sleeps' },
  'a sidecar that runs well': { 'ak05-headroom-pods': 'with a second container a pod does more than hold room free' },
};
