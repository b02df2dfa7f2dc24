'use strict';
// Every npm script runs this first. `npm ci` brings Node 24 through the pinned `node` package, but only when that
// package's install script was allowed to run; with --ignore-scripts the machine's own, older Node stays on PATH.
var wanted = 24;
var found = process.versions.node;
if (Number(found.split('.')[0]) < wanted) {
  process.stderr.write(
    'nightcrier needs Node ' +
      wanted +
      ' or newer, this is Node ' +
      found +
      ': run "npm ci" without --ignore-scripts, ' +
      'which installs the right Node inside the project.\n',
  );
  process.exit(1);
}
