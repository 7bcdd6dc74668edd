// Asks an annod from Node: TLS, a token, a deadline, repeats, several servers.
//
//   npm install @grpc/grpc-js @grpc/proto-loader
//   node neighbors.js --proto_dir proto --ca ca.crt --token_file token
//       TARGET INDEX LABEL
//
// TARGET is a name with an address for each server
// ("dns:///annod.example:7077"), or a list
// ("ipv4:10.0.0.1:7077,10.0.0.2:7077"). The stub is made of the protos when the
// program starts; proto-loader-gen-types writes its types for TypeScript.
'use strict';

const fs = require('fs');
const {parseArgs} = require('util');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

// Calls go round the servers. One that a server could not take, or refused for
// having too much to do, is made again, after the time that it told
// (docs/load_balancing.md).
const SERVICE_CONFIG = {
  loadBalancingConfig: [{round_robin: {}}],
  methodConfig: [{
    name: [{service: 'annod.v1.IndexService', method: 'GetNnsStream'}],
  }, {
    name: [{service: 'annod.v1.IndexService'}],
    retryPolicy: {
      maxAttempts: 5,
      initialBackoff: '0.02s',
      maxBackoff: '0.5s',
      backoffMultiplier: 2,
      retryableStatusCodes: ['UNAVAILABLE', 'RESOURCE_EXHAUSTED'],
    },
  }],
  retryThrottling: {maxTokens: 1000, tokenRatio: 0.5},
};

// A client to keep: it holds a connection to each server and makes lost ones
// again.
function connect(target, {protoDir, ca, token, serverName}) {
  const {annod} = grpc.loadPackageDefinition(loader.loadSync(
      'annod/v1/index_service.proto', {includeDirs: [protoDir], longs: Number}));
  const perCall = grpc.credentials.createFromMetadataGenerator((_, done) => {
    const metadata = new grpc.Metadata();
    metadata.set('authorization', `Bearer ${token}`);
    done(null, metadata);
  });
  const credentials = grpc.credentials.combineChannelCredentials(
      grpc.credentials.createSsl(ca), perCall);
  const options = {
    'grpc.service_config': JSON.stringify(SERVICE_CONFIG),
    'grpc.keepalive_time_ms': 30000,
  };
  if (serverName) options['grpc.ssl_target_name_override'] = serverName;
  return new annod.v1.IndexService(target, credentials, options);
}

function getNns(client, request) {
  return new Promise((resolve, reject) => {
    client.getNns(request, {deadline: Date.now() + 5000},
        (error, answer) => error ? reject(error) : resolve(answer));
  });
}

async function main() {
  const {values, positionals: [target, index, label]} = parseArgs({
    allowPositionals: true,
    options: {
      proto_dir: {type: 'string', default: 'proto'},
      ca: {type: 'string'},
      token_file: {type: 'string'},
      // The name in the certificate, if TARGET is of addresses.
      server_name: {type: 'string'},
    },
  });
  const client = connect(target, {
    protoDir: values.proto_dir,
    ca: fs.readFileSync(values.ca),
    token: fs.readFileSync(values.token_file, 'utf8').trim(),
    serverName: values.server_name,
  });
  try {
    const answer = await getNns(client, {
      index, queries: [{label}], n: 5, includeLabels: true, includeDistances: true,
    });
    const {labels, distances} = answer.results[0];
    labels.forEach((name, i) => console.log(name, distances[i].toFixed(4)));
  } catch (error) {
    console.error(`${grpc.status[error.code]}: ${error.details}`);
    process.exitCode = 1;
  } finally {
    client.close();
  }
}

main();
