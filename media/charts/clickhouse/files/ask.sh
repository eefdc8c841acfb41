#!/bin/bash
# ask.sh HOST STATEMENT: ClickHouse's answer over HTTP, in the shell alone: which wget or curl an image has is not said, and a password
# on a command line can be read by others. Ends badly, with what the server says, when it is an error.
set -euo pipefail
LC_ALL=C
exec 3<> "/dev/tcp/$1/8123"
# HTTP/1.0: the answer comes in one piece, and ends with the connection.
printf 'POST / HTTP/1.0\r\nHost: %s\r\nX-ClickHouse-User: %s\r\nX-ClickHouse-Key: %s\r\nContent-Length: %d\r\n\r\n%s' \
  "$1" "$CLICKHOUSE_USER" "$CLICKHOUSE_PASSWORD" "${#2}" "$2" >&3
read -r _ status _ <&3
while read -r line <&3 && [ "${line%$'\r'}" != '' ]; do :; done
if [ "$status" = 200 ]; then exec cat <&3; fi
cat <&3 >&2
exit 1
