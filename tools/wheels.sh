#!/usr/bin/env bash
# A wheel for each Python that is there, into dist/, and a test of each in an environment of its own with only what the wheel
# requires. PYTHONS="python3.12 /path/to/python3.13" chooses; default: those of 3.11, 3.12 and 3.13 that are found.
set -euo pipefail
cd "$(dirname "$0")/.."

built=0
for python in ${PYTHONS:-python3.11 python3.12 python3.13}; do
  if ! version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null); then
    echo "wheels: no $python here"
    continue
  fi
  folder=build/wheels/$version
  rm -rf "$folder"
  mkdir -p "$folder"
  "$python" -m venv "$folder/build"
  "$folder/build/bin/pip" wheel -q --disable-pip-version-check --no-deps -w "$folder/made" .
  "$python" -m venv "$folder/use"
  "$folder/use/bin/pip" install -q --disable-pip-version-check "$folder"/made/*.whl
  (cd "$folder" && use/bin/python "$OLDPWD/tools/wheel_smoke.py")
  mkdir -p dist
  cp "$folder"/made/*.whl dist/
  built=$((built + 1))
done
[ "$built" -gt 0 ] || { echo "wheels: none of the interpreters is here" >&2; exit 1; }
ls -l dist/*.whl
