#!/bin/bash
# A mock of a Mastodon server (mastodon-mock, MIT, from PyPI) for tests, on loopback.
#
#   run.sh prepare DIR       make a Python environment in DIR; exit code 75 when it cannot be made here
#   run.sh start DIR [PORT]  start the server and wait until it answers
#   run.sh stop DIR [PORT]
#
# PORT may also come from MASTODON_MOCK_PORT; 53000 unless given. Accounts, tokens and faults are made through
# /api/v1/_mock/dev_user and /api/v1/_mock/faults; the account "testuser" has the token "mock_token".
set -eu
VERSION=0.6.1
COULD_NOT=75

command=${1:?prepare, start or stop}
dir=${2:?a scratch folder}
port=${3:-${MASTODON_MOCK_PORT:-53000}}
venv="$dir/venv-$VERSION"
pid="$dir/mock-$port.pid"
log="$dir/mock-$port.log"

case $command in
prepare)
    # The marker tells a finished environment from one whose making was interrupted.
    [ -e "$venv/finished" ] && exit 0
    rm -rf "$venv"
    python3 -m venv "$venv" && "$venv/bin/pip" install -q "mastodon-mock==$VERSION" || exit $COULD_NOT
    touch "$venv/finished"
    ;;
start)
    mkdir -p "$dir"
    "$venv/bin/mastodon_mock" serve --in-memory --host 127.0.0.1 --port "$port" \
        >"$log" 2>&1 </dev/null &
    echo $! >"$pid"
    for _ in $(seq 600); do
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && exit 0
        sleep 0.1
    done
    cat "$log" >&2
    exit 1
    ;;
stop)
    kill "$(cat "$pid")" && rm -f "$pid"
    ;;
*)
    echo "prepare, start or stop" >&2
    exit 2
    ;;
esac
