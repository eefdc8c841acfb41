#!/bin/bash
# probe.sh alive|ready. Asks this broker for its metadata, in Kafka's own protocol and without a JVM.
# alive: it answers. ready: it is not fenced, and since its start all of its replicas have been in sync once; without that the next
# broker of a rolling upgrade would stop while this one still copies, and writes with acks=all would stop too.
set -euo pipefail
mode=$1
topics='\x00\x00\x00\x00'
if [ "$mode" = ready ] && [ ! -e /run/kafka/joined ]; then topics='\xff\xff\xff\xff'; fi

exec 3<> "/dev/tcp/127.0.0.1/$INTERNAL_PORT"
# Length, api 3 (Metadata) in version 1, correlation id 1, client id "probe", topics: none, or all.
printf '\x00\x00\x00\x13\x00\x03\x00\x01\x00\x00\x00\x01\x00\x05probe'"$topics" >&3
length=$((16#$(head -c 4 <&3 | od -An -v -tx1 | tr -d ' \n')))
answer=$(head -c "$length" <&3 | od -An -v -tu1)
if [ "$mode" = alive ]; then exit 0; fi

behind=$(awk -v id="${HOSTNAME##*-}" '
  function short() { p += 2; return b[p - 2] * 256 + b[p - 1] }
  function long() { p += 4; return ((b[p - 4] * 256 + b[p - 3]) * 256 + b[p - 2]) * 256 + b[p - 1] }
  function text(  n) { n = short(); if (n < 65535) p += n }
  function among(  n, found) { for (n = long(); n > 0; n--) if (long() == id) found = 1; return found }
  { for (i = 1; i <= NF; i++) b[count++] = $i }
  END {
    p = 4
    for (n = long(); n > 0; n--) { if (long() == id) unfenced = 1; text(); long(); text() }
    long()
    for (n = long(); n > 0; n--) {
      short(); text(); p++
      for (m = long(); m > 0; m--) { short(); long(); long(); mine = among(); synced = among(); if (mine && !synced) behind++ }
    }
    if (!unfenced) { print "fenced"; exit }
    print behind + 0
  }' <<< "$answer")
if [ "$behind" = fenced ]; then echo 'The controller has fenced this broker, or does not know it yet.'; exit 1; fi
if [ "$behind" -gt 0 ] && [ $(($(date +%s) - $(< /run/kafka/started))) -lt "$REJOIN_TIMEOUT" ]; then
  echo "$behind replicas of this broker are not in sync yet."
  exit 1
fi
touch /run/kafka/joined
