#!/bin/sh
# Makes .venv and fills it, by uv where it is installed, else by pip. Called by the Makefile only.
#   venv.sh install WHAT      an editable install of WHAT (".", ".[dev]") into .venv, with the versions of constraints.txt
#   venv.sh lock              writes constraints.txt anew from what a fresh environment gets
#   venv.sh peers WHAT...     WHAT into .venv/peers, which nothing of ours is in
#   venv.sh packages NAME...  installs the system's packages whose command is missing (COMMAND:PACKAGE where their names differ), as root
#                             on an apt system; else says what is missing
set -eu
unset PYTHONHOME PYTHONPATH VIRTUAL_ENV

# The real interpreter, not a version manager's shim in front of it, which costs more than a whole one-shot.
find_python() {
  for name in python3.14 python3.13 python3.12 python3.11 python3; do
    command -v "$name" >/dev/null 2>&1 || continue
    real=$("$name" -c '
import os, sys
if sys.version_info >= (3, 11) and sys.maxsize > 2**32:
    print(os.path.realpath(sys.executable))' 2>/dev/null </dev/null) || continue
    [ -z "$real" ] || { printf '%s\n' "$real"; return; }
  done
  echo "avyctl needs a 64-bit Python 3.11 or newer, and found none. Install one: $(advice python3 python3-venv)" >&2
  return 1
}

advice() {
  if command -v apt-get >/dev/null 2>&1; then echo "apt install $*"
  elif command -v dnf >/dev/null 2>&1; then echo "dnf install ${1}"
  else echo "$* (your system's names for them)"; fi
}

make_venv() { # DIRECTORY
  python=$(find_python)
  if command -v uv >/dev/null 2>&1; then
    uv venv --quiet --allow-existing --no-project --python "$python" "$1"
  elif "$python" -c 'import ensurepip, venv; ensurepip.version()' 2>/dev/null; then
    "$python" -m venv "$1" || { rm -rf "$1"; return 1; } # half an environment would pass for a whole one next time
  else
    echo "$python cannot make a virtual environment. Install what is missing: $(advice python3-venv)" >&2
    return 1
  fi
}

install_into() { # DIRECTORY ARGUMENTS...
  venv=$1
  shift
  if command -v uv >/dev/null 2>&1; then
    uv pip install --quiet --compile-bytecode --python "$venv/bin/python" "$@"
  else
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input "$@"
  fi
}

case $1 in
install)
  [ -x .venv/bin/python ] || make_venv .venv
  install_into .venv --constraint constraints.txt --editable "$2"
  ;;
peers)
  shift
  [ -x .venv/peers/bin/python ] || make_venv .venv/peers
  install_into .venv/peers "$@"
  ;;
lock)
  fresh=$(mktemp -d)
  trap 'rm -rf "$fresh"' EXIT
  make_venv "$fresh"
  install_into "$fresh" '.[dev,fuzz]'
  {
    echo "# Exact versions for \`make\`; written by \`make lock\`. pip and uv both read it as constraints: nothing here is installed that is not asked for."
    "$fresh/bin/python" -c '
from importlib.metadata import distributions
names = {d.metadata["Name"].lower().replace("_", "-"): d.version for d in distributions()}
print("\n".join(f"{name}=={names[name]}" for name in sorted(names) if name not in ("avyctl", "pip", "setuptools")))'
  } >constraints.new
  mv constraints.new constraints.txt
  ;;
packages)
  shift
  missing=
  for name; do command -v "${name%%:*}" >/dev/null 2>&1 || missing="$missing ${name#*:}"; done
  [ -z "$missing" ] && exit 0
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    # shellcheck disable=SC2086 # a list of words
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
  else
    # shellcheck disable=SC2086
    echo "missing:$missing. What needs them is skipped; install them with: $(advice $missing)" >&2
  fi
  ;;
esac
