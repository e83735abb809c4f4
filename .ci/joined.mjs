// Stands for a module that was joined with all it imports into one script (see bundle.mjs): runs the script, with the code the
// engine made of it while it was built. An engine of another version or with other flags does without that code.
const { existsSync, readFileSync } = process.getBuiltinModule('node:fs');
const { Script } = process.getBuiltinModule('node:vm');

const filename = import.meta.filename.replace(/js$/, 'joined.js');
const code = import.meta.filename.replace(/js$/, 'code');
const cachedData = existsSync(code) ? readFileSync(code) : undefined;
export const script = new Script(readFileSync(filename, 'utf8'), { filename, cachedData });

const module = { exports: {} };
script.runInThisContext()(module, import.meta);
export const { command, run } = module.exports;
