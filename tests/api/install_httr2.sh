#!/bin/sh
# Where R is, install Debian's httr2 for the example of docs/api.md, if this machine lets us; say in one line if it does not.
say() { echo "The example in R of docs/api.md will be skipped: $1 (on Debian: apt install r-cran-httr2)"; exit 0; }
command -v Rscript >/dev/null 2>&1 || say "R is missing"
Rscript -e "quit(status = !requireNamespace('httr2', quietly = TRUE))" >/dev/null 2>&1 && exit 0
command -v apt-get >/dev/null 2>&1 || say "httr2 is missing and there is no apt-get"
if [ "$(id -u)" = 0 ]; then as_root=""; elif sudo -n true 2>/dev/null; then as_root="sudo -n"; else say "httr2 is missing and installing it needs root"; fi
export DEBIAN_FRONTEND=noninteractive
{ $as_root apt-get -qq update && $as_root apt-get -qq -y install --no-install-recommends r-cran-httr2; } >/dev/null 2>&1 || say "httr2 could not be installed"
