// Loaded into a service by `node --import`: tells over HTTP what its memory is once everything dead is collected.
import { createServer } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

createServer((_request, response) => {
  // Twice: what a finalizer held on to in the first is free in the second.
  collect();
  collect();
  response.end(JSON.stringify(process.memoryUsage()));
})
  .listen(Number(process.env['MEMORY_PROBE_PORT']), '127.0.0.1')
  .unref();
