#!/usr/bin/env node
// Starts the program on a Node that can run it. Old syntax on purpose: any Node must be able to read this file.
'use strict';
var path = require('node:path');
var fs = require('node:fs');
var root = path.join(__dirname, '..');
var built = path.join(root, 'dist', 'src', 'main.js');
var major = Number(process.versions.node.split('.')[0]);

// A small young generation: the program makes much short-lived garbage, and memory is dearer than the CPU it saves.
var flags = ['--max-semi-space-size=4'];

if (!fs.existsSync(built)) {
  console.error('sluice: not built yet: run `npm run build` in ' + root);
  process.exit(1);
} else if (major >= 24 && process.argv[2] === 'serve' && process.execve) {
  // Replaces this process: flags of the engine can only be given at its start.
  process.execve(process.execPath, [process.execPath].concat(flags, built, process.argv.slice(2)), process.env);
} else if (major >= 24) {
  void import(require('node:url').pathToFileURL(built).href);
} else {
  runOnOwnNode();
}

function runOnOwnNode() {
  var node = path.join(root, 'node_modules', 'node', 'bin', 'node');
  if (!fs.existsSync(node)) {
    console.error('sluice: needs Node 24 or newer (this is ' + process.version + '): run `npm ci` in ' + root);
    process.exit(1);
  }
  var child = require('node:child_process').spawn(node, flags.concat(built, process.argv.slice(2)), {
    stdio: 'inherit',
  });
  ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'].forEach(function (signal) {
    process.on(signal, function () {
      child.kill(signal);
    });
  });
  child.on('exit', function (code, signal) {
    if (signal) {
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    } else process.exit(code === null ? 1 : code);
  });
}
