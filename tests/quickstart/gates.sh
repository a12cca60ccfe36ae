#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Everything that passes or fails. Each gate counts as one, and each test in it as one more; under
# SHALE_MUST_RUN=1 a skipped test is a failed one. The last line is "N passed, N failed".
# usage (see ../../quickstart): gates.sh TOP SCRATCH [GATE...]
set -u -o pipefail
top=$1 scratch=$2
shift 2
only=" $* "
here=$(dirname "$(realpath "$0")")
logs=$top/build/test-logs
ccache=$(command -v ccache >/dev/null && echo 'ccache ')
# Share ccache between clones, so that unchanged files are not compiled again.
export CCACHE_BASEDIR=$top CCACHE_NOHASHDIR=1
export PATH=$PATH:/usr/sbin:/sbin
passed=0 failed=0 skipped=0
rm -rf "$logs" && mkdir -p "$logs" || exit 1

count() { # PASSED FAILED SKIPPED
	passed=$((passed + $1))
	failed=$((failed + $2))
	if [ "${SHALE_MUST_RUN:-0}" = 1 ]; then
		failed=$((failed + $3))
	else
		skipped=$((skipped + $3))
	fi
}

# Counts the :test-result: lines that automake's test drivers wrote below DIR, one for each test.
count_trs() { # DIR
	local p f s
	[ -d "$1" ] || return
	read -r p f s < <(find "$1" -name '*.trs' -exec cat {} + | awk '
		/^:test-result: (PASS|XFAIL)/ { p++ }
		/^:test-result: (FAIL|XPASS|ERROR)/ { f++ }
		/^:test-result: SKIP/ { s++ }
		END { print p + 0, f + 0, s + 0 }')
	printf '   %s passed, %s failed, %s skipped\n' "$p" "$f" "$s"
	[ $((f + s)) = 0 ] || why_not "$1"
	count "$p" "$f" "$s"
}

# Prints why tests below DIR failed or were skipped: the first line of each file.
why_not() { # DIR
	local log bad='^:test-result: (ERROR|FAIL|SKIP|XPASS)'
	find "$1" -name '*.trs' -exec grep -lE "$bad" {} + | sort | while read -r log; do
		log=${log%.trs}.log
		printf '   %s: %s\n' "$(basename "$log" .log)" "$(grep -cE "$bad" "${log%.log}.trs")"
		grep -A 5 -E '^not ok|^ok .*# SKIP|^(FAIL|ERROR|.*:[FE]:)' "$log" | head -n 12 |
			cut -c1-300 | sed 's/^/   | /'
	done
}

# Runs COMMAND as one gate, with its own log.
gate() { # NAME WORDS COMMAND...
	local name=$1 words=$2 from=$SECONDS status
	shift 2
	[ "$only" = '  ' ] || [[ $only = *" $name "* ]] || return 0
	printf '== %-62s' "$words"
	("$@") >"$logs/$name.log" 2>&1 </dev/null
	status=$?
	if [ $status = 0 ]; then
		printf '%-6s %5d s\n' ok $((SECONDS - from))
		count 1 0 0
	else
		printf '%-6s %5d s\n' FAILED $((SECONDS - from))
		count 0 1 0
		printf '   the end of %s:\n' "build/test-logs/$name.log"
		tail -n 40 "$logs/$name.log" | sed 's/^/   | /'
	fi
	return $status
}

# Runs make check in a build as a gate, and counts each of its tests.
check_gate() { # NAME WORDS
	gate "check-$1" "tests: $2" check "$scratch/$1"
	count_trs "$scratch/$1"
}

# Runs podman and buildah on shale-fuse; the main job has made the base system.
engines_gate() {
	local dir=$scratch/engines
	mkdir -p "$dir"
	gate check-engines 'podman and buildah with shale-fuse (make check-engines)' \
		engines "$scratch/gcc" "$dir"
	count_trs "$dir"
}

# The tests also run the programs as nobody, who may not be allowed to enter this tree's directory.
let_everybody_in() {
	[ "$(id -u)" = 0 ] || return 0
	! setpriv --reuid 65534 --regid 65534 --clear-groups test -r "$top/quickstart" || return 0
	mount -t tmpfs -o mode=755 shale-gates /mnt && mkdir /mnt/shale &&
		mount --bind "$top" /mnt/shale || exit 1
	scratch=/mnt/shale/${scratch#"$top/"} logs=/mnt/shale/${logs#"$top/"} top=/mnt/shale
	here=$top/tests/quickstart
}

let_everybody_in
. "$here/checks.sh"

gate format 'formatting (clang-format)' "$top/tests/style/format.sh" "$top"
gate includes 'include directions' "$top/tests/style/includes.sh" "$top"
gate shell 'shell syntax' shell_syntax
gate man 'man pages (mandoc)' man_pages
# The static library compiles every file a second time, so only one build has it.
gate build-gcc 'build: gcc, no warnings' compile "$scratch/gcc" CC="${ccache}gcc" \
	CFLAGS='-O2 -g -Werror'
gate build-clang 'build: clang, no warnings' compile "$scratch/clang" CC="${ccache}clang" \
	CFLAGS='-O2 -g -Werror' --disable-static
gate build-sanitizers 'build: address and undefined-behaviour sanitizers' \
	compile "$scratch/sanitizers" CC="${ccache}gcc" CFLAGS='-O1 -g -Werror' --enable-sanitizers \
	--disable-static
gate build-threads 'build: thread sanitizer' compile "$scratch/threads" CC="${ccache}gcc" \
	CFLAGS='-O1 -g -Werror' --enable-sanitizers=thread --disable-static
gate install 'make install, a program built against libshale' installed "$scratch/gcc"
gate main-job 'the main job (./quickstart)' main_job "$scratch/gcc"
check_gate gcc 'units, scenarios, differential'
# Memory errors depend neither on the user nor on the moment of a crash: runs fewer kinds of users, and
# only a few of the crashes.
SHALE_TEST_KINDS='root plain' SHALE_CRASH_EVERY=8 SHALE_CRASH_SAMPLE=4 \
	check_gate sanitizers 'units, scenarios, differential, with sanitizers'
gate threads 'threads at one store, the daemon under parallel load, with thread sanitizer' \
	check_threads "$scratch/threads"
engines_gate
# check-gcc runs the same tests, so this gate runs only when it is named.
[[ $only != *' check-docker-engines '* ]] ||
	gate check-docker-engines 'containerd and dockerd with shale' docker_engines "$scratch/gcc"
gate distcheck 'make distcheck' distcheck "$scratch/gcc"

printf '%d s' "$SECONDS"
[ $skipped = 0 ] || printf ', %d skipped' "$skipped"
printf '\n%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
