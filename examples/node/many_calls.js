// A thousand queries from Node, all answered: docs/api.md, "Many calls at once".
//
//   npm install @grpc/grpc-js @grpc/proto-loader
//   node many_calls.js PROTO_DIR HOST:PORT INDEX [COUNT]
'use strict';

const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const [protoDir, target, index, count = '1000'] = process.argv.slice(2);
const {annod} = grpc.loadPackageDefinition(loader.loadSync(
    'annod/v1/index_service.proto', {includeDirs: [protoDir], longs: Number}));
const client = new annod.v1.IndexService(
    target, grpc.credentials.createInsecure());

// Milliseconds to wait before a call that failed is made again; throws what is
// not worth repeating. A worker that refused a call did nothing for it and says
// when to come back; each time the wait is doubled, and no two callers wait
// alike.
function pause(error, attempt) {
  const codes = [grpc.status.UNAVAILABLE, grpc.status.RESOURCE_EXHAUSTED];
  if (!codes.includes(error.code)) throw error;
  const told = Number(error.metadata.get('grpc-retry-pushback-ms')[0] || 20);
  if (told < 0) throw error;  // in vain: a limit or a quota
  const longest = Math.min(1000, told * 2 ** attempt);
  return longest * (0.5 + Math.random() / 2);
}

async function patiently(ask, deadline) {
  for (let attempt = 0; ; ++attempt) {
    try {
      return await ask();
    } catch (error) {
      const ms = pause(error, attempt);
      if (Date.now() + ms >= deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, ms));
    }
  }
}

function getNns(request) {
  const deadline = Date.now() + 10000;
  return patiently(() => new Promise((resolve, reject) => {
    client.getNns(request, {deadline},
        (error, answer) => error ? reject(error) : resolve(answer));
  }), deadline);
}

// Answers all requests with at most `inFlight` calls at a time.
async function getAll(requests, inFlight = 32) {
  const answers = new Array(requests.length);
  let next = 0;
  const lane = async () => {
    while (next < requests.length) {
      const i = next++;
      answers[i] = await getNns(requests[i]);
    }
  };
  await Promise.all(Array.from({length: inFlight}, lane));
  return answers;
}

// The same on one stream: the server takes the next request when it has room. A
// stream that ends early goes on with the first request without an answer.
function streamAll(requests) {
  const answers = [];
  const deadline = Date.now() + 60000;
  return patiently(() => new Promise((resolve, reject) => {
    const stream = client.getNnsStream({deadline});
    stream.on('data', (message) => answers.push(message.response));
    stream.on('error', reject);
    stream.on('end', () => {
      if (answers.length === requests.length) resolve(answers);
    });
    for (const request of requests.slice(answers.length)) {
      stream.write({request});
    }
    stream.end();
  }), deadline);
}

async function main() {
  const requests = Array.from({length: Number(count)},
      (_, i) => ({index, queries: [{item: i}], n: 10}));
  const ways = [['at most 32 at a time', getAll], ['one stream', streamAll],
    ['all at once', (all) => getAll(all, all.length)]];
  for (const [name, ask] of ways) {
    const start = Date.now();
    const answers = await ask(requests);
    const right = answers.filter((answer, i) => answer.results[0].ids[0] === i);
    console.log(`${name}: ${right.length} of ${count} answered in ${
        Date.now() - start} ms`);
  }
  client.close();
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
