#!/bin/sh
# Prints the first Python 3.11 to 3.14 of this machine; prints nothing and fails when there is none.
for python in "${PYTHON:-python3}" python3 python3.11 python3.12 python3.13 python3.14 /usr/bin/python3; do
    if "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' >/dev/null 2>&1; then
        echo "$python"
        exit 0
    fi
done
echo "Muster needs Python 3.11 to 3.14: install it (Debian: apt-get install python3)" >&2
exit 1
