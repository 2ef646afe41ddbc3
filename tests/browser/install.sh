#!/bin/sh
# Install Debian's chromium for the browser tests, if this machine lets us; say in one line if it does not.
# Its shell without windows needs half the work, where Debian has it; without it the tests take the browser itself.
say() { command -v chromium >/dev/null 2>&1 || echo "Browser tests will be skipped: $1 (on Debian: apt install chromium)"; exit 0; }
command -v apt-get >/dev/null 2>&1 || say "chromium is missing and there is no apt-get"
if [ "$(id -u)" = 0 ]; then as_root=""; elif sudo -n true 2>/dev/null; then as_root="sudo -n"; else say "chromium is missing and installing it needs root"; fi
export DEBIAN_FRONTEND=noninteractive
install() { $as_root apt-get -qq -y install --no-install-recommends "$@" >/dev/null 2>&1; }
$as_root apt-get -qq update >/dev/null 2>&1 || say "Debian's packages could not be listed"
command -v chromium >/dev/null 2>&1 || install chromium fonts-dejavu-core || say "chromium could not be installed"
install chromium-headless-shell || true
