#!/bin/sh
# A campaign on several machines, or on one, under GNU parallel: SHARDS parts of
# the manifest, each with an output of its own. Start it again after a failure,
# and it goes on.
#
#   sh deploy/parallel.sh manifest.csv 8                    on this machine
#   sh deploy/parallel.sh manifest.csv 8 -S one,two --wd .  on two with shared files
#   cat reports-*.jsonl | bothends contrast -
set -eu
manifest=${1:?usage: sh parallel.sh MANIFEST SHARDS [FLAG OF PARALLEL...]}
shards=${2:?usage: sh parallel.sh MANIFEST SHARDS [FLAG OF PARALLEL...]}
shift 2
seq "$shards" | parallel --retries 3 "$@" \
	bothends campaign "$manifest" --shard "{}/$shards" --jobs 1 --output 'reports-{shard}.jsonl'
