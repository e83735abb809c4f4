#!/bin/sh
// 2>/dev/null # Starts the program on a Node that can run it. The shell reads these lines, Node takes them for comments.
// 2>/dev/null; here=$0; [ ! -L "$here" ] || here=$(readlink -f "$here")
// 2>/dev/null; node=${here%/*}/../node_modules/node/bin/node; [ -x "$node" ] || node=node
// 2>/dev/null; more=; case $1 in helm | kustomize) more=--no-turbofan ;; serve) more=--expose-gc ;; esac
// 2>/dev/null; [ "$1" != serve ] || export MALLOC_ARENA_MAX="${MALLOC_ARENA_MAX-1}"
// 2>/dev/null; [ "$1" != serve ] || export MALLOC_MMAP_THRESHOLD_="${MALLOC_MMAP_THRESHOLD_-131072}"
// 2>/dev/null; exec "$node" --stack-size=6000 --max-semi-space-size=2 $more "$here" "$@"
// Old syntax on purpose: any Node must be able to read this file.
'use strict';
var path = require('node:path');
var fs = require('node:fs');
var root = path.join(__dirname, '..');
var built = path.join(root, 'dist', 'src', 'main.js');
var major = Number(process.versions.node.split('.')[0]);

// Flags of the engine can only be given at its start; the shell's lines give the same.
// A deep stack: charts may include templates a thousand deep. A small young generation: the program makes much short-lived
// garbage, and touching new memory costs more than collecting it.
var flags = ['--stack-size=6000', '--max-semi-space-size=2'];
// What runs once ends before the code of the last compiler pays: that took half of the CPU's time and 8 MiB on a large chart.
if (process.argv[2] === 'helm' || process.argv[2] === 'kustomize') flags.push('--no-turbofan');
// What serves collects its garbage when it has nothing else to do. Its threads allocate from one place, and blocks from 128
// KiB on are given back at once: glibc would keep a heap for each thread, and ever larger blocks, for good.
var allocator = {};
if (process.argv[2] === 'serve') {
  flags.push('--expose-gc');
  allocator = { MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '131072' };
}

if (!fs.existsSync(built)) {
  console.error('sluice: not built yet: run `npm run build` in ' + root);
  process.exit(1);
} else if (major < 24) {
  runOnOwnNode();
} else if (process.execve && !(flags.every(isGiven) && Object.keys(allocator).every(isSet))) {
  // Run as `node bin/sluice.cjs`: replaces this process.
  var args = [process.execPath].concat(process.execArgv, flags, __filename, process.argv.slice(2));
  process.execve(process.execPath, args, withAllocator());
} else {
  keepCompiledCode();
  void import(require('node:url').pathToFileURL(built).href);
}

function isGiven(flag) {
  var name = flag.split('=')[0];
  return process.execArgv.some(function (argument) {
    return argument.split('=')[0] === name;
  });
}

function isSet(name) {
  return process.env[name] !== undefined;
}

function withAllocator() {
  return Object.assign({}, allocator, process.env);
}

/** Compiling takes a third of a short run. The folder is the user's own: what is in it is executed. */
function keepCompiledCode() {
  var home = process.env.HOME;
  var cache = process.env.XDG_CACHE_HOME || (home && path.join(home, '.cache'));
  if (cache) require('node:module').enableCompileCache(path.join(cache, 'sluice', 'compiled'));
}

function runOnOwnNode() {
  var node = path.join(root, 'node_modules', 'node', 'bin', 'node');
  if (!fs.existsSync(node)) {
    console.error('sluice: needs Node 24 or newer (this is ' + process.version + '): run `npm ci` in ' + root);
    process.exit(1);
  }
  var child = require('node:child_process').spawn(node, flags.concat(__filename, process.argv.slice(2)), {
    stdio: 'inherit',
    env: withAllocator(),
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
