#!/bin/sh
# What a GPU is worth, in one go of under ten minutes on a machine with one and no network:
#
#     benchmarks/gpu.sh                              # CUDA tests, evaluations a second, generate
#     benchmarks/gpu.sh --device cpu --seconds 5 --workers 1 2
#     WHEELS=DIR benchmarks/gpu.sh                   # first an environment from wheels in DIR
#
# With WHEELS an environment .venv-gpu is made of the wheels there (pip download -d DIR '.[energy,test]').
# PYTHON names the interpreter otherwise; the options are those of benchmarks/gpu.py.
set -eu
cd "$(dirname "$0")/.."
if [ -n "${WHEELS:-}" ]; then
    "${PYTHON:-python3}" -m venv .venv-gpu
    .venv-gpu/bin/pip install -qq --no-index --find-links "$WHEELS" -e '.[energy,test]'
    PYTHON=.venv-gpu/bin/python
elif [ -z "${PYTHON:-}" ]; then
    PYTHON=.venv/bin/python
fi
export OMP_NUM_THREADS=1
case " $* " in
*" --device cpu "*) echo "tests of CUDA: left out with --device cpu" ;;
*) "$PYTHON" -m pytest -q -m gpu -p no:cacheprovider tests/network tests/geometry || echo "tests of CUDA: FAILED" ;;
esac
exec "$PYTHON" benchmarks/gpu.py "$@"
