// Node's HTTP servers. Importing `node:http` asks for each of its exports, a WebSocket client among them, and with that
// for all of fetch: 15 MiB that nobody here uses.
export const { createServer, STATUS_CODES } = process.getBuiltinModule('node:http');
