#!/usr/bin/env bash
# Prepares a machine for building and testing: Debian packages and .venv. A second run finds all in place and does nothing.
#
# As root it installs the missing packages of tools/debian-packages.txt; otherwise it names them with the command to run.
# .venv gets the exact versions of requirements/lock.txt. PYTHON=... chooses the interpreter (3.11 or newer).
# `tools/setup.sh pandas3` makes also .venv-pandas3: .venv with the versions of requirements/lock-pandas3.txt instead; `types`
# likewise .venv-types with the type checker.
set -euo pipefail
cd "$(dirname "$0")/.."

packages_file=tools/debian-packages.txt

die() {
  printf 'setup: %s\n' "$@" >&2
  exit 1
}

# --- Debian packages ------------------------------------------------------------------------------------------------
if command -v dpkg-query >/dev/null; then
  installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p' | sort -u)
  missing=$(grep -v '^#' "$packages_file" | sort -u | comm -23 - <(printf '%s\n' "$installed"))
  if [ -n "$missing" ]; then
    # shellcheck disable=SC2086  # one word per package
    set -- $missing
    if [ "$(id -u)" -eq 0 ]; then
      echo "setup: installing $# Debian packages: $*"
      export DEBIAN_FRONTEND=noninteractive
      apt-get update -q
      apt-get install -q -y --no-install-recommends --no-upgrade "$@"
    else
      die "$# Debian packages are missing. Install them, then run this again:" \
        "  sudo apt-get update && sudo apt-get install -y --no-install-recommends --no-upgrade $*"
    fi
  fi
else
  echo "setup: not a Debian system; the equivalents of $packages_file must be installed by hand" >&2
fi

# --- .venv ----------------------------------------------------------------------------------------------------------
python=${PYTHON:-python3}
command -v "$python" >/dev/null || die "$python not found; install Python 3.11 or newer"
version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
case $version in
  3.1[1-9] | 3.[2-9]?) ;;
  *) die "$python is Python $version, needed is 3.11 or newer; name another with PYTHON=/path/to/python3" ;;
esac

make_venv() {  # make_venv FOLDER LOCK_FILE BEFORE_INSTALL
  local folder=$1 lock_file=$2 before_install=$3 wanted
  local stamp=$folder/setup-stamp
  wanted="$(sha256sum "$lock_file" | cut -d ' ' -f 1) python $version"
  if [ -x "$folder/bin/python" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then
    return
  fi
  if [ -x "$folder/bin/python" ] &&
    [ "$("$folder/bin/python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')" != "$version" ]; then
    echo "setup: $folder has another Python than $version, making it again"
    rm -rf "$folder"
  fi
  if [ ! -x "$folder/bin/pip" ]; then
    echo "setup: making $folder with Python $version"
    "$python" -m venv "$folder" || die "$python -m venv failed; on Debian install python3-venv"
  fi
  rm -f "$stamp"
  $before_install "$folder"
  echo "setup: installing $(grep -vc '^#' "$lock_file") Python packages of $lock_file"
  "$folder/bin/pip" install -q --disable-pip-version-check --no-deps -r "$lock_file"
  "$folder/bin/pip" check --disable-pip-version-check
  printf '%s\n' "$wanted" >"$stamp"
  echo "setup: done"
}

# What is not in FOLDER is found in .venv.
see_packages_of_venv() {
  local packages
  packages=$1/lib/python$version/site-packages
  echo "$PWD/.venv/lib/python$version/site-packages" >"$packages/venv.pth"
}

make_venv .venv requirements/lock.txt true
case ${1:-} in
  pandas3 | types) make_venv ".venv-$1" "requirements/lock-$1.txt" see_packages_of_venv ;;
esac
