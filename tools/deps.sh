#!/bin/sh
# Installs the Debian packages that the browser and real-peer rings of the tests drive. Needs root.
# `--missing` only tells: it prints the packages that are not there, and fails when there are any. Other words
# are packages that are wanted besides.
set -eu

missing=""
[ -x /usr/bin/chromium ] || missing="$missing chromium"
[ -x /usr/bin/prometheus-alertmanager ] || missing="$missing prometheus-alertmanager"
[ -x /usr/bin/prometheus ] || missing="$missing prometheus"
[ -x /usr/lib/dovecot/imap ] || missing="$missing dovecot-imapd"
[ -x /usr/lib/postgresql/15/bin/postgres ] || [ -n "$(ls /usr/lib/postgresql/*/bin/postgres 2>/dev/null)" ] ||
    missing="$missing postgresql"
for name in "$@"; do
    [ "$name" = "--missing" ] || dpkg -s "$name" >/dev/null 2>&1 || missing="$missing $name"
done
if [ "${1:-}" = "--missing" ]; then
    echo "${missing# }"
    [ -z "$missing" ]
    exit
fi
if [ -z "$missing" ]; then
    echo "deps: all there"
    exit 0
fi
if [ "$(id -u)" -ne 0 ]; then
    echo "deps: run make deps as root, it installs:$missing" >&2
    exit 1
fi
command -v apt-get >/dev/null || { echo "deps: install these by hand, there is no apt-get here:$missing" >&2; exit 1; }

# The tests start these programs themselves: no service of theirs shall run on this machine because of us.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
# shellcheck disable=SC2086
apt-get install -q -y --no-install-recommends $missing
