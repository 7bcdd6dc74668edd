#!/usr/bin/env bash
# annod under the seccomp profile of deploy/seccomp: everything works; what the profile
# leaves out fails.
set -euo pipefail
profile=deploy/seccomp/annod.json
under="/usr/bin/python3 tests/e2e/seccomp_exec.py $profile"
annodctl=$PWD/client/annodctl
dir=$(mktemp -d "$TEST_TMPDIR/seccomp.XXXXXX")

# The filter is in force: no other machine's name spaces, no debugger, no packets.
for refused in 'os.unshare' 'ctypes.CDLL(None, use_errno=True).ptrace' 'socket.socket'; do
  case $refused in
    os.unshare) code='import ctypes; l = ctypes.CDLL(None, use_errno=True); assert l.unshare(0x10000000) == -1 and ctypes.get_errno() == 1' ;;
    socket.socket) code='import socket
try: socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
except PermissionError: pass
else: raise SystemExit(1)' ;;
    *) code='import ctypes; l = ctypes.CDLL(None, use_errno=True); assert l.ptrace(0, 0, 0, 0) == -1 and ctypes.get_errno() == 1' ;;
  esac
  $under /usr/bin/python3 -c "$code" || { echo "FAILED: $refused is allowed"; exit 1; }
done

$under "$PWD/server/annod" --data_dir="$dir/data" --listen=127.0.0.1:0 --http_listen=127.0.0.1:0 --drain_delay=0s --workers=2 >"$dir/log" 2>&1 &
annod=$!
trap 'kill $annod 2>/dev/null; wait $annod || true' EXIT
fail() { echo "FAILED: $*"; cat "$dir/log"; exit 1; }
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
curl -sf -o /dev/null "$http/readyz" || fail "not ready"

export ANNOD_SERVER=$server
run() { "$annodctl" "$@" >"$dir/out" 2>&1 || fail "annodctl $*: $(cat "$dir/out")"; }
for i in $(seq 0 199); do echo "$i,$((i * 7 % 31)),$((i * 3 % 17))"; done >"$dir/v.csv"
run create points --dim 3 --metric euclidean
run add points "$dir/v.csv"
run build points
run query points --item 3
run remove points --ids 5
run serialize points "$dir/points.ann"
run settings points --prefault lock
run build points
run attach again "$dir/points.ann" --dim 3 --metric euclidean
run query again --item 3
run detach again
run fit points "$dir/v.csv"
curl -sf -o "$dir/metrics" "$http/metrics" || fail "no metrics"
grep -q '^annod_' "$dir/metrics" || fail "no metrics in: $(head -n 5 "$dir/metrics")"

# A writer that is killed is started again, the configuration is read again.
writer=$(pgrep -P $annod -f child_role=writer)
kill -KILL "$writer"
kill -HUP $annod
for _ in $(seq 1200); do
  "$annodctl" add points "$dir/v.csv" >"$dir/out" 2>&1 && break
  sleep 0.05
done
run add points "$dir/v.csv"
run drop points --yes
kill -TERM $annod
wait $annod || fail "exit status $?"
trap - EXIT
grep -q 'Operation not permitted' "$dir/log" && fail "something was refused"
echo "annod works under $profile"
