# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# Prints results in TAP, for the checks beside this file: each ends with "1..$n" and exits with
# $failed.
n=0
failed=0

result() { # STATUS WORDS
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		failed=1
	fi
}
