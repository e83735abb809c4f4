// Runs `npm ci` only when node_modules differs from the lock. Old syntax on purpose: the machine's own Node runs this.
'use strict';
var fs = require('node:fs');
var path = require('node:path');
var root = path.join(__dirname, '..');

function packages(file) {
  return JSON.parse(fs.readFileSync(path.join(root, file), 'utf8')).packages;
}

function upToDate() {
  var wanted = packages('package-lock.json');
  var present;
  try {
    present = packages('node_modules/.package-lock.json');
  } catch (error) {
    if (error.code === 'ENOENT') return false;
    throw error;
  }
  return Object.keys(wanted).every(function (name) {
    if (name === '') return true;
    // Packages for other platforms are in the lock and nowhere else.
    if (present[name] === undefined) return wanted[name].optional === true || wanted[name].peer === true;
    return present[name].version === wanted[name].version;
  });
}

if (!upToDate()) {
  var result = require('node:child_process').spawnSync('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: root,
    stdio: 'inherit',
  });
  process.exit(result.status === null ? 1 : result.status);
}
