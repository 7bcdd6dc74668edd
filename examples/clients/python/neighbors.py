#!/usr/bin/env python3
"""Asks an annod by stubs made of the protos: TLS, a token, a deadline, repeats, several servers.

    neighbors.py --ca ca.crt --token_file token TARGET INDEX LABEL

TARGET is a name with an address for each server ("dns:///annod.example:7077"), or a list
("ipv4:10.0.0.1:7077,10.0.0.2:7077"). The stubs lie where PYTHONPATH says:

    python3 -m grpc_tools.protoc -I proto --python_out=. --grpc_python_out=. proto/annod/v1/*.proto
"""

import argparse
import json

import grpc
from annod.v1 import index_service_pb2 as messages
from annod.v1 import index_service_pb2_grpc as services

# Calls go round the servers. One that a server could not take, or refused for having too much to do, is made
# again, after the time that it told (docs/load_balancing.md).
SERVICE_CONFIG = {
    "loadBalancingConfig": [{"round_robin": {}}],
    "methodConfig": [{
        "name": [{"service": "annod.v1.IndexService", "method": "GetNnsStream"}],
    }, {
        "name": [{"service": "annod.v1.IndexService"}],
        "retryPolicy": {
            "maxAttempts": 5,
            "initialBackoff": "0.02s",
            "maxBackoff": "0.5s",
            "backoffMultiplier": 2,
            "retryableStatusCodes": ["UNAVAILABLE", "RESOURCE_EXHAUSTED"],
        },
    }],
    "retryThrottling": {"maxTokens": 1000, "tokenRatio": 0.5},
}


def connect(target, ca, token, server_name=None):
    """A channel to keep: it holds a connection to each server and makes lost ones again."""
    with open(ca, "rb") as file:
        tls = grpc.ssl_channel_credentials(file.read())
    credentials = grpc.composite_channel_credentials(tls, grpc.access_token_call_credentials(token))
    options = [("grpc.service_config", json.dumps(SERVICE_CONFIG)), ("grpc.keepalive_time_ms", 30_000)]
    if server_name:
        options.append(("grpc.ssl_target_name_override", server_name))
    return grpc.secure_channel(target, credentials, options)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ca", required=True)
    parser.add_argument("--token_file", required=True)
    parser.add_argument("--server_name", help="the name in the certificate, if TARGET is of addresses")
    parser.add_argument("target")
    parser.add_argument("index")
    parser.add_argument("label")
    arguments = parser.parse_args()
    with open(arguments.token_file) as file:
        token = file.read().strip()
    with connect(arguments.target, arguments.ca, token, arguments.server_name) as channel:
        request = messages.GetNnsRequest(
            index=arguments.index, queries=[messages.Query(label=arguments.label)], n=5, include_labels=True, include_distances=True)
        try:
            answer = services.IndexServiceStub(channel).GetNns(request, timeout=5)
        except grpc.RpcError as error:
            raise SystemExit(f"{error.code().name}: {error.details()}")
    for label, distance in zip(answer.results[0].labels, answer.results[0].distances):
        print(f"{label} {distance:.4f}")


if __name__ == "__main__":
    main()
