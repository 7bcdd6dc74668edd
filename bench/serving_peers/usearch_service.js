#!/usr/bin/env node
// What one writes to serve a usearch index: annod's GetNns with grpc-js.
//
//   usearch_service.js build SET_DIR
//   usearch_service.js serve SET_DIR --port P --min_recall 0.95 --processes 1
//
// SET_DIR is as bench/serving makes it. `serve` takes the smallest expansion
// with that recall, prints one line of JSON when it is ready, and runs until it
// is killed; its processes share the port as node:cluster has it.
//
// Packages of npm: @grpc/grpc-js @grpc/proto-loader usearch, where NODE_PATH
// finds them.
'use strict';

const cluster = require('node:cluster');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const {parseArgs} = require('node:util');

const grpc = require('@grpc/grpc-js');
const protoLoader = require('@grpc/proto-loader');
const usearch = require('usearch');

// Some 7 % apart, so that no peer is asked for much more recall than it must have.
const EXPANSIONS = [...new Set(Array.from({length: 72}, (_, i) => Math.round(10 * 1.07 ** i)))];
const PROTOS = path.join(__dirname, '..', '..', 'proto');

function readArray(file, Type) {
  const bytes = fs.readFileSync(file);
  return new Type(bytes.buffer, bytes.byteOffset, bytes.byteLength / Type.BYTES_PER_ELEMENT);
}

function readSet(directory) {
  const file = (name) => path.join(directory, name);
  const shape = JSON.parse(fs.readFileSync(file('set.json'), 'utf8'));
  return {
    dim: shape.dim,
    metric: {angular: 'cos', euclidean: 'l2sq', dot: 'ip'}[shape.metric],
    index: file('usearch.index'),
    train: () => readArray(file('train.f32'), Float32Array),
    test: readArray(file('test.f32'), Float32Array),
    neighbors: readArray(file('neighbors.i32'), Int32Array),
  };
}

function newIndex(set, expansion) {
  return new usearch.Index({
    metric: set.metric, dimensions: set.dim, quantization: 'f32', connectivity: 16,
    expansion_add: 200, expansion_search: expansion,
  });
}

function build(set) {
  const started = Date.now();
  const rows = set.train();
  const count = rows.length / set.dim;
  const index = newIndex(set, 64);
  index.add(BigUint64Array.from({length: count}, (_, i) => BigInt(i)), rows, os.cpus().length);
  index.save(set.index);
  console.log(JSON.stringify({build_s: (Date.now() - started) / 1000}));
}

function recallOf(index, set) {
  const queries = set.test.length / set.dim;
  const n = set.neighbors.length / queries;
  let matches = 0;
  for (let q = 0; q < queries; ++q) {
    const truth = new Set(set.neighbors.subarray(q * n, (q + 1) * n));
    const found = index.search(set.test.subarray(q * set.dim, (q + 1) * set.dim), n, 1);
    for (const key of found.keys) matches += truth.has(Number(key)) ? 1 : 0;
  }
  return matches / set.neighbors.length;
}

// The smallest expansion with that recall.
function tune(set, minRecall) {
  const recallAt = (expansion) => {
    const index = newIndex(set, expansion);
    index.view(set.index);
    return recallOf(index, set);
  };
  let [low, high] = [0, EXPANSIONS.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (recallAt(EXPANSIONS[middle]) >= minRecall) high = middle;
    else low = middle + 1;
  }
  return {expansion: EXPANSIONS[low], recall: recallAt(EXPANSIONS[low])};
}

// The query vectors, one after the other.
function rowsOf(queries, dim) {
  const rows = new Float32Array(queries.length * dim);
  const bytes = Buffer.from(rows.buffer);
  for (let i = 0; i < queries.length; ++i) queries[i].vector_bytes.copy(bytes, i * dim * 4);
  return rows;
}

function getNns(index, dim) {
  return (call, callback) => {
    const {queries, n} = call.request;
    if (queries.some((query) => query.vector_bytes.length !== dim * 4)) {
      callback({code: grpc.status.INVALID_ARGUMENT, details: `vectors need ${dim} components`});
      return;
    }
    const k = n || 10;
    const rows = rowsOf(queries, dim);
    const found = index.search(rows, k, 1);
    const results = queries.map((_, i) => ({
      ids: Array.from(found.keys.subarray(i * k, (i + 1) * k), Number),
    }));
    callback(null, {results});
  };
}

function serve(set, {port, expansion, recall}) {
  const index = newIndex(set, expansion);
  index.load(set.index);
  const definition = protoLoader.loadSync('annod/v1/index_service.proto', {
    includeDirs: [PROTOS], keepCase: true, longs: Number, enums: Number, defaults: true,
  });
  const {IndexService} = grpc.loadPackageDefinition(definition).annod.v1;
  const server = new grpc.Server({'grpc.max_receive_message_length': -1});
  server.addService(IndexService.service, {GetNns: getNns(index, set.dim)});
  server.bindAsync(`127.0.0.1:${port}`, grpc.ServerCredentials.createInsecure(), (error) => {
    if (error) throw error;
    const ready = {setting: {expansion}, recall};
    if (cluster.isWorker) process.send(ready);
    else console.log(JSON.stringify(ready));
  });
}

// Processes that take the connections of one port in turn.
function serveInProcesses(set, options, processes) {
  cluster.setupPrimary({args: process.argv.slice(2)});
  let ready = 0;
  for (let i = 0; i < processes; ++i) {
    cluster.fork({SERVING: JSON.stringify(options)}).on('message', (message) => {
      if (++ready === processes) console.log(JSON.stringify(message));
    });
  }
}

function main() {
  const {positionals: [action, directory], values} = parseArgs({
    allowPositionals: true,
    options: {
      port: {type: 'string', default: '0'},
      min_recall: {type: 'string', default: '0.95'},
      processes: {type: 'string', default: '1'},
    },
  });
  const set = readSet(directory);
  if (action === 'build') {
    build(set);
  } else if (cluster.isWorker) {
    serve(set, JSON.parse(process.env.SERVING));
  } else {
    const options = {port: Number(values.port), ...tune(set, Number(values.min_recall))};
    const processes = Number(values.processes);
    if (processes > 1) serveInProcesses(set, options, processes);
    else serve(set, options);
  }
}

main();
