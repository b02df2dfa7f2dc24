/** Where a change does change what the evidence tells, so that another verdict is right: by change and state, with the reason. */
export const changesEvidence: Readonly<Record<string, Readonly<Record<string, string>>>> = {};
