'use strict';
// Every npm script runs this first. `npm ci` brings Node 24 through the pinned `node` package, but only when that
// package's install script was allowed to run; with --ignore-scripts the machine's own, older Node stays on PATH.
// The same as in package.json's engines.
var wanted = '24.5';
var found = process.versions.node;
var have = found.split('.').map(Number);
var need = wanted.split('.').map(Number);
if (have[0] < need[0] || (have[0] === need[0] && have[1] < need[1])) {
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
