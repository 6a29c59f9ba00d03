#!/bin/bash
# A cluster on one machine whose parts have networks of their own: a scheduler, and two workers each in a
# network namespace behind a bridge. The workers of one namespace are killed while a run goes on; what comes out has to
# be what one process makes. Needs root, iproute2 and zeoloom[cluster]; leaves nothing behind.
#
#     scripts/try_namespaces.sh [PYTHON]
set -eu
python=$(realpath -s "${1:-.venv/bin/python}")
place=$(mktemp -d)
ask=(solve --cell 13.675,14.767 --space-group R-3m -n 48 --batch 4 --repair 20 --relax 0)
export OMP_NUM_THREADS=1

batches() { cat "$place"/cluster/journal.jsonl 2>"$place/quiet" | grep -c . || true; }

remove() {
    for name in zeoloom-0 zeoloom-1 zeoloom-2; do
        ip netns pids $name 2>"$place/quiet" | xargs -r kill -9 || true
        ip netns delete $name 2>"$place/quiet" || true
    done
    rm -rf "$place"
}
trap remove EXIT

ip netns add zeoloom-0                          # the scheduler, and the bridge that all are connected to
ip -n zeoloom-0 link set lo up
ip -n zeoloom-0 link add bridge type bridge
ip -n zeoloom-0 address add 10.77.0.100/24 dev bridge
ip -n zeoloom-0 link set bridge up
for i in 1 2; do
    ip netns add zeoloom-$i
    ip -n zeoloom-$i link set lo up
    ip link add to-$i netns zeoloom-0 type veth peer name uplink netns zeoloom-$i
    ip -n zeoloom-0 link set to-$i master bridge up
    ip -n zeoloom-$i address add 10.77.0.$i/24 dev uplink
    ip -n zeoloom-$i link set uplink up
done

address=tcp://10.77.0.100:8786
ip netns exec zeoloom-0 "$python" -m distributed.cli.dask_scheduler --host 10.77.0.100 --port 8786 --no-dashboard >"$place/scheduler" 2>&1 &
for i in 1 2; do
    ip netns exec zeoloom-$i "$python" -m distributed.cli.dask_worker $address --host 10.77.0.$i --nworkers 2 --nthreads 1 \
        --no-dashboard --local-directory "$place" >"$place/worker-$i" 2>&1 &
done
until [ "$(grep -c 'Registered to' "$place/worker-1" "$place/worker-2" | awk -F: '{n += $2} END {print n}')" -ge 4 ]; do sleep 1; done
echo "four workers in two networks:"
for i in 1 2; do ip -n zeoloom-$i -brief address show uplink; done

ip netns exec zeoloom-0 "$python" -P -m zeoloom "${ask[@]}" --scheduler $address -o "$place/cluster" >"$place/said" 2>&1 &
run=$!
until [ "$(batches)" -ge 3 ] || ! kill -0 $run; do sleep 0.2; done
echo "killing the workers of the second network after $(batches) batches"
ip netns pids zeoloom-2 | xargs kill -9
wait $run || { cat "$place/said"; exit 1; }
"$python" -P -m zeoloom "${ask[@]}" -o "$place/alone" >"$place/said" 2>&1
cmp "$place/cluster/frameworks.csv" "$place/alone/frameworks.csv"
echo "the same $(($(wc -l <"$place/alone/frameworks.csv") - 1)) frameworks as one process makes"
