#!/usr/bin/env -S node --max-semi-space-size=2 --heap-growing-percent=20
// A fleet's notifications die young: a young generation of 2 MiB saves 100 MiB with 1,000 clusters, and a heap that grows
// by a fifth at a time another 150; it costs half a second of their start.
//
// Plain old JavaScript on purpose: it must parse on any Node, so that an old one gets a sentence and not a syntax error.
// The same as in package.json's engines.
var wanted = '24.5';
var found = process.versions.node;
var have = found.split('.').map(Number);
var need = wanted.split('.').map(Number);
if (have[0] < need[0] || (have[0] === need[0] && have[1] < need[1])) {
  process.stderr.write('nightcrier needs Node ' + wanted + ' or newer, this is Node ' + found + '.\n');
  process.exit(1);
}
// To Node this signal means: open the debugger. Before anything is loaded, because that takes a moment.
process.on('SIGUSR1', function () {});
void import('node:fs').then(function (fs) {
  var built = new URL('../dist/main.js', import.meta.url);
  return import(fs.existsSync(built) ? built.href : new URL('../src/main.ts', import.meta.url).href);
});
