#!/bin/sh
# Install Debian's chromium for the browser tests, if this machine lets us; say in one line if it does not.
say() { echo "Browser tests will be skipped: $1 (on Debian: apt install chromium)"; exit 0; }
command -v apt-get >/dev/null 2>&1 || say "chromium is missing and there is no apt-get"
if [ "$(id -u)" = 0 ]; then as_root=""; elif sudo -n true 2>/dev/null; then as_root="sudo -n"; else say "chromium is missing and installing it needs root"; fi
export DEBIAN_FRONTEND=noninteractive
{ $as_root apt-get -qq update && $as_root apt-get -qq -y install --no-install-recommends chromium fonts-dejavu-core; } >/dev/null 2>&1 || say "chromium could not be installed"
