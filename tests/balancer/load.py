"""Calls of a plain generated stub for some time: load.py TARGET SECONDS THREADS.

The service config and the options are those of docs/load_balancing.md, read from there.
Prints what load.cc prints.
"""

import json
import pathlib
import re
import sys
import threading
import time

import grpc

TREE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TREE / "client/python"))

from annod.v1 import index_service_pb2, index_service_pb2_grpc  # noqa: E402

PAUSE = 0.02


def documented(language):
    """The first block of that language on the page."""
    page = (TREE / "docs/load_balancing.md").read_text()
    return re.search(rf"```{language}\n(.*?)```", page, re.DOTALL).group(1)


def call_until(stub, end, outcome):
    request = index_service_pb2.GetNnsRequest(index="words")
    request.queries.add().item = 7
    while time.time() < end:
        start = time.time()
        try:
            stub.GetNns(request, timeout=10)
        except grpc.RpcError as error:
            outcome["failures"].append(f"{error.code().name}: {error.details()}")
        outcome["seconds"].append(time.time() - start)
        time.sleep(PAUSE)


def main(target, seconds, threads):
    names = {"SERVICE_CONFIG": documented("json")}
    exec(documented("python"), names)
    channel = grpc.insecure_channel(target, options=names["OPTIONS"])
    stub = index_service_pb2_grpc.IndexServiceStub(channel)
    outcome = {"seconds": [], "failures": []}
    end = time.time() + float(seconds)
    callers = [threading.Thread(target=call_until, args=(stub, end, outcome)) for _ in range(int(threads))]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    print(json.dumps(outcome))


if __name__ == "__main__":
    main(*sys.argv[1:])
