#!/usr/bin/python3
"""What one writes to serve an hnswlib index: annod's GetNns with grpcio.

    hnswlib_service.py build SET_DIR
    hnswlib_service.py serve SET_DIR --port P --min_recall 0.95 --protos DIR

SET_DIR is as bench/serving makes it. `serve` takes the smallest ef with that recall, prints
one line of JSON when it is ready, and runs until it is killed.

Packages: python3-grpcio python3-hnswlib python3-numpy python3-protobuf.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import sys
import time

import grpc
import hnswlib
import numpy

# Some 7 % apart, so that no peer is asked for much more recall than it must have.
EFS = sorted({round(10 * 1.07**step) for step in range(72)})


class Set:
    """Vectors, queries and true neighbours."""

    def __init__(self, directory):
        self.directory = directory
        self.shape = json.loads((directory / "set.json").read_text(encoding="utf-8"))
        dim = self.shape["dim"]
        self.train = numpy.memmap(directory / "train.f32", dtype="<f4", mode="r").reshape(-1, dim)
        self.test = numpy.fromfile(directory / "test.f32", dtype="<f4").reshape(-1, dim)
        self.neighbors = numpy.fromfile(directory / "neighbors.i32", dtype="<i4").reshape(
            len(self.test), -1)

    def new_index(self):
        space = {"angular": "cosine", "euclidean": "l2", "dot": "ip"}[self.shape["metric"]]
        return hnswlib.Index(space=space, dim=self.shape["dim"])


def build(data):
    started = time.time()
    index = data.new_index()
    index.init_index(max_elements=len(data.train), M=16, ef_construction=200)
    index.add_items(data.train, num_threads=os.cpu_count())
    index.save_index(str(data.directory / "hnswlib.index"))
    print(json.dumps({"build_s": time.time() - started}))


def tune(index, data, min_recall):
    """Sets the smallest ef with that recall; both."""
    def recall_at(ef):
        index.set_ef(ef)
        found, _ = index.knn_query(data.test, k=data.neighbors.shape[1])
        matches = sum(len(set(row) & set(truth)) for row, truth in zip(found, data.neighbors))
        return matches / data.neighbors.size

    low, high = 0, len(EFS) - 1
    while low < high:
        middle = (low + high) // 2
        if recall_at(EFS[middle]) >= min_recall:
            high = middle
        else:
            low = middle + 1
    return EFS[low], recall_at(EFS[low])


def make_handler(index, dim, messages):
    def get_nns(request, context):
        queries = request.queries
        rows = numpy.frombuffer(b"".join([query.vector_bytes for query in queries]), dtype="<f4")
        if rows.size != len(queries) * dim:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"vectors need {dim} components")
        ids, _ = index.knn_query(rows.reshape(-1, dim), k=request.n or 10, num_threads=1)
        response = messages.GetNnsResponse()
        for row in ids.tolist():
            response.results.add().ids.extend(row)
        return response

    return grpc.method_handlers_generic_handler("annod.v1.IndexService", {
        "GetNns": grpc.unary_unary_rpc_method_handler(
            get_nns, request_deserializer=messages.GetNnsRequest.FromString,
            response_serializer=messages.GetNnsResponse.SerializeToString)})


def serve(data, args):
    sys.path.insert(0, str(args.protos))
    from annod.v1 import index_service_pb2  # pylint: disable=import-outside-toplevel
    index = data.new_index()
    index.load_index(str(data.directory / "hnswlib.index"))
    index.set_num_threads(1)
    ef, recall = tune(index, data, args.min_recall)
    server = grpc.server(
        concurrent.futures.ThreadPoolExecutor(max_workers=args.threads),
        options=[("grpc.so_reuseport", 1), ("grpc.max_receive_message_length", -1)])
    server.add_generic_rpc_handlers((make_handler(index, data.shape["dim"], index_service_pb2),))
    server.add_insecure_port(f"127.0.0.1:{args.port}")
    server.start()
    print(json.dumps({"setting": {"ef": ef}, "recall": recall}), flush=True)
    server.wait_for_termination()


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=("build", "serve"))
    parser.add_argument("set_dir", type=pathlib.Path)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--min_recall", type=float, default=0.95)
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--protos", type=pathlib.Path, help="with annod/v1/*_pb2.py")
    args = parser.parse_args()
    data = Set(args.set_dir)
    if args.action == "build":
        build(data)
    else:
        serve(data, args)


if __name__ == "__main__":
    main()
