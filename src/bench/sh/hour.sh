#!/usr/bin/env bash
# Whether anything grows under full load: hour.sh JAR FOLDER [SECONDS [SECONDS OF WARM-UP]]
#
# Two geoms over two nbdkit servers each and fio as the only client, on one machine: 4 KiB at depth 16 and 64 over Unix sockets in Active/Active, 128 KiB and
# 1 MiB over TCP in Active/Passive. In the warm-up the metrics are scraped as often as answers come, so that what runs seldom is compiled by its end as after
# days of service; after that every 10 s, and both probes as well.
# FOLDER gets samples (a line every 30 s, sizes in KiB; the first names the columns), nmt-* (native memory), smaps-*, gc.log, trim.log (what was given back, and what is resident then), service.log and fio.log (read its err=).
# Needs nbdkit, fio, curl and a JDK 25 as java, 1 GiB in /dev/shm, and a machine that does nothing else. JVM_OPTIONS are added to those of jvm.args.
set -euo pipefail

jar=$(realpath "$1")
arguments=$(realpath "$(dirname "$0")/../../main/docker/jvm.args")
mkdir -p "$2"
cd "$2"
seconds=${3:-3600}
warm_up=${4:-600}
api=http://127.0.0.1:18080/api/v1
management=http://127.0.0.1:19090/actuator
disks=$(mktemp -d /dev/shm/ropewalk-hour.XXXXXX)
rm -rf ./*.sock data nmt-* smaps-*
trap 'kill $(jobs -p) 2>/dev/null || true; wait; rm -rf "$disks"' EXIT

for disk in small large; do
  truncate -s 512M "$disks/$disk"
done
for side in 1 2; do
  nbdkit -f -U "$PWD/small-$side.sock" file "$disks/small" &
  nbdkit -f -i 127.0.0.1 -p "1900$side" file "$disks/large" &
done

java @"$arguments" -Xmx256m -XX:NativeMemoryTracking=summary -Xlog:gc:gc.log:uptime -Xlog:trimnative:trim.log:uptime ${JVM_OPTIONS:-} -jar "$jar" \
  --server.port=18080 --management.server.port=19090 --ropewalk.data-dir=data \
  --ropewalk.nbd.port=18090 --ropewalk.nbd.unix-socket="$PWD/ropewalk.sock" >service.log 2>&1 &
service=$!
until curl -sf "$management/health/readiness" >/dev/null; do
  sleep 0.2
done

post() { curl -sf -o post.log -H 'Content-Type: application/json' -d "$2" "$api/$1" || { cat post.log; exit 1; }; }
for side in 1 2; do
  post devices "{\"name\":\"small-$side\",\"uri\":\"nbd+unix:///?socket=$PWD/small-$side.sock\"}"
  post devices "{\"name\":\"large-$side\",\"uri\":\"nbd://127.0.0.1:1900$side\"}"
done
post geoms '{"name":"small","mode":"ACTIVE_ACTIVE","paths":["small-1","small-2"]}'
post geoms '{"name":"large","paths":["large-1","large-2"]}'

cat >load.fio <<FIO
[global]
ioengine=nbd
time_based=1
runtime=$((warm_up + seconds + 20))
randrepeat=0
[read-16]
uri=nbd+unix:///small?socket=$PWD/ropewalk.sock
rw=randread
bs=4k
iodepth=16
[write-16]
uri=nbd+unix:///small?socket=$PWD/ropewalk.sock
rw=randwrite
bs=4k
iodepth=16
[read-64]
uri=nbd+unix:///small?socket=$PWD/ropewalk.sock
rw=randread
bs=4k
iodepth=64
[mixed-128k]
uri=nbd://127.0.0.1:18090/large
rw=randrw
bs=128k
iodepth=8
[mixed-1m]
uri=nbd://127.0.0.1:18090/large
rw=randrw
bs=1m
iodepth=2
FIO
fio --output=fio.log load.fio &
load=$!
begin=$SECONDS

for ((scrapes = 0; SECONDS - begin < warm_up; scrapes++)); do
  curl -s "$management/prometheus" "$management/health/"{readiness,liveness} >/dev/null
done
echo "$scrapes scrapes in the warm-up" >warm-up
jcmd "$service" VM.native_memory baseline >nmt-begin
cp "/proc/$service/smaps" smaps-begin

kib() { awk -v name="$1" 'index($0, name) == 1 { total += $NF } END { printf "%.0f", total / 1024 }' scrape; }
sample() {
  echo "$((SECONDS - begin)) $(awk '/^VmRSS/ { print $2 }' "/proc/$service/status") $(ls "/proc/$service/task" | wc -l) $(ls "/proc/$service/fd" | wc -l)" \
    "$(kib 'jvm_memory_used_bytes{area="heap",id="Tenured') $(kib 'jvm_buffer_memory_used_bytes{id="direct"')" \
    "$(kib 'jvm_memory_used_bytes{area="nonheap",id="Code') $(kib 'jvm_memory_used_bytes{area="nonheap",id="Meta')" >>samples
}
echo "seconds resident threads descriptors heap direct code metaspace" >samples
begin=$SECONDS
for ((tick = 0; SECONDS - begin < seconds; tick++)); do
  curl -s "$management/prometheus" >scrape
  curl -s "$management/health/"{readiness,liveness} >/dev/null
  ((tick % 3)) || sample
  sleep 10
done
sample
jcmd "$service" VM.native_memory summary.diff >nmt-end
cp "/proc/$service/smaps" smaps-end
wait "$load"
