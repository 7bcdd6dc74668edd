#!/usr/bin/env bash
# A person with nothing but `buf curl` (grpcurl's twin) and reflection: finds the API,
# creates an index, adds items, builds, asks, and is told what was wrong.
set -euo pipefail
dir=$(mktemp -d "$TEST_TMPDIR/buf.XXXXXX")
server/annod --data_dir="$dir/data" --listen=127.0.0.1:0 --http_listen=127.0.0.1:0 --drain_delay=0s >"$dir/log" 2>&1 &
annod=$!
trap 'kill $annod; wait $annod || true' EXIT
for _ in $(seq 1200); do
  grep -q 'serving gRPC on' "$dir/log" && break
  sleep 0.05
done
server=$(sed -n 's/.*serving gRPC on \([0-9.]*:[0-9]*\),.*/\1/p' "$dir/log")
http=$(sed -n 's#.*metrics on \(http://[0-9.:]*\)/.*#\1#p' "$dir/log")
for _ in $(seq 1200); do
  curl -sf -o /dev/null "$http/readyz" && break
  sleep 0.05
done
export HOME=$dir

fail() { echo "FAILED: $*"; cat "$dir/log"; exit 1; }
call() {  # method, request
  buf curl --protocol grpc --http2-prior-knowledge -d "$2" "http://$server/annod.v1.$1" 2>&1
}
expect() {  # text, answer
  grep -q -- "$1" <<<"$2" || fail "no '$1' in: $2"
}

services=$(buf curl --protocol grpc --http2-prior-knowledge --list-services "http://$server")
for service in annod.v1.IndexService annod.v1.AdminService annod.v1.ReplicationService grpc.health.v1.Health grpc.reflection.v1alpha.ServerReflection; do
  expect "$service" "$services"
done
methods=$(buf curl --protocol grpc --http2-prior-knowledge --list-methods "http://$server")
for method in GetNns Info ListIndexes CreateIndex AddItem AddItems Build Serialize Attach DropIndex Check Watch ServerReflectionInfo; do
  expect "/$method" "$methods"
done

expect INDEX_STATE_EMPTY "$(call AdminService/CreateIndex '{"index":"points","dimension":2,"metric":"METRIC_EUCLIDEAN"}')"
expect '"ids":' "$(call AdminService/AddItem '{"index":"points","items":[
  {"id":0,"vector":{"values":[0,0]},"label":"origin"},
  {"id":1,"vector":{"values":[1,0]},"label":"east"},
  {"id":2,"vector":{"values":[0,3]},"label":"north"}]}')"
expect '"addedCount": *"2"' "$(call AdminService/AddItems '{"index":"points","items":[{"vector":{"values":[5,5]}},{"vector":{"values":[6,6]}}]}')"
built=$(call AdminService/Build '{"index":"points","treeCount":3}')
expect BUILD_PHASE_DONE "$built"
expect '"itemCount": *"5"' "$built"
answer=$(call IndexService/GetNns '{"index":"points","queries":[{"label":"origin"}],"n":2,"includeDistances":true,"includeLabels":true}')
expect '"labels": *\["origin", *"east"\]' "$(tr -d '\n ' <<<"$answer")"
expect '"distances": *\[0, *1\]' "$(tr -d '\n ' <<<"$answer")"
expect SERVING "$(buf curl --protocol grpc --http2-prior-knowledge -d '{"service":"annod.v1.IndexService/points"}' "http://$server/grpc.health.v1.Health/Check")"

expect 'invalid_argument' "$(call IndexService/GetNns '{"index":"points","queries":[{"item":0}],"n":-1}' || true)"
expect 'not_found' "$(call IndexService/GetNns '{"index":"nowhere","queries":[{"item":0}]}' || true)"
expect '{}' "$(call AdminService/DropIndex '{"index":"points"}')"
echo "buf curl did it all by reflection"
