#!/bin/sh
# Install Debian's PgBouncer for the tests behind a pooler, if this machine lets us; say in one line if it does not.
say() { echo "Tests behind a pooler will be skipped: $1 (on Debian: apt install pgbouncer)"; exit 0; }
command -v apt-get >/dev/null 2>&1 || say "pgbouncer is missing and there is no apt-get"
if [ "$(id -u)" = 0 ]; then as_root=""; elif sudo -n true 2>/dev/null; then as_root="sudo -n"; else say "pgbouncer is missing and installing it needs root"; fi
export DEBIAN_FRONTEND=noninteractive
# RUNLEVEL=1: the package does not start a service of its own
{ $as_root apt-get -qq update && $as_root env RUNLEVEL=1 apt-get -qq -y install --no-install-recommends pgbouncer; } >/dev/null 2>&1 || say "pgbouncer could not be installed"
