#!/bin/sh
# A campaign as a Slurm job array: each task is a shard of the manifest, with an
# output of its own. Submit it again after a failure, and it goes on.
#
#   sbatch --array=1-8 deploy/slurm.sh manifest.csv
#   cat reports-*.jsonl | bothends contrast -
#
#SBATCH --job-name=bothends
#SBATCH --cpus-per-task=2
#SBATCH --mem=4G
#SBATCH --requeue
set -eu
exec bothends campaign "${1:?usage: sbatch --array=1-N slurm.sh MANIFEST}" \
	--shard auto --jobs "${SLURM_CPUS_PER_TASK:-2}" --output 'reports-{shard}.jsonl'
