#!/bin/sh
# Prints the first Python 3.11 to 3.14 of this machine; prints nothing and fails when there is none.
# The distribution's own comes before others: it is built with profiles and mended with the system, and every
# account may run it, so that web and worker need not stay root. PYTHON names another.
for python in "${PYTHON:-/usr/bin/python3}" /usr/bin/python3 python3 python3.11 python3.12 python3.13 python3.14; do
    if "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' >/dev/null 2>&1; then
        echo "$python"
        exit 0
    fi
done
echo "Muster needs Python 3.11 to 3.14: install it (Debian: apt-get install python3)" >&2
exit 1
