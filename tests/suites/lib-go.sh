# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The suites of engines, in Go: of containerd for snapshotters, of Docker for storage drivers. For suites.sh.
# The subjects: "kernel" is the engine's own overlay driver; "shale-kernel" and "shale-fuse" are shale's
# service with either backend.

# Builds a test program of PACKAGE with a file of ours in it, and leaves the checkout as it is.
build_with() { # PROGRAM CHECKOUT PACKAGE FILE
	printf '{"Replace": {"%s/%s/shale_test.go": "%s"}}\n' "$2" "$3" "$4" >overlay.json
	(cd "$2" && go test -c -vet=off -overlay "$top/overlay.json" -o "$top/$1" "./$3")
}

build_containerd() {
	CONTAINERD=$(realpath "$CONTAINERD")
	export GOFLAGS='-mod=vendor -buildvcs=false'
	(cd "$CONTAINERD" && go test -c -o "$top/containerd.kernel" ./snapshots/overlay) &&
		build_with containerd.shale "$CONTAINERD" snapshots/proxy "$here/containerd_test.go"
}

# Docker 20.10 is no module, and must lie in a GOPATH.
build_moby() {
	local dir=$top/gopath/src/github.com/docker/docker
	mkdir -p "$dir" && mount --bind "$MOBY" "$dir" || return
	export GO111MODULE=off GOPATH=$top/gopath GOFLAGS=
	(cd "$dir" && go test -c -o "$top/moby.kernel" ./daemon/graphdriver/overlay2) &&
		build_with moby.shale "$dir" daemon/graphdriver/graphtest "$here/graphdriver_test.go"
}

# Tests with equal names test the same. Tests that only the overlay driver has are left out.
go_run() { # SUITE SUBJECT OPTION...
	local program=$top/$1.${2%-*}
	mkdir -p go-tmp
	TMPDIR=$top/go-tmp SHALE_SUITE_BACKEND=${2#shale-} timeout -s KILL 1200 \
		"$program" -test.v "${@:3}" >"$log_of/log" 2>&1
	sed -nE 's/^ *--- (PASS|FAIL): (.*\/|TestOverlay|Test)([A-Za-z0-9]+) \(.*/\1 \3/p' "$log_of/log" |
		grep -vE ' (Test)?Overlay' | sed 's/^PASS/ok/; s/^FAIL/not ok/'
}

engine_suite() { # SUITE
	(build_"$1") >"$results/$1.build" 2>&1 || {
		cat "$results/$1.build"
		echo "$1 cannot be built"
		unbuilt=1
		return
	}
	local subject options
	for subject in kernel shale-kernel shale-fuse; do
		options=()
		[ "$1" != containerd ] || options=(-test.root -test.run TestShale)
		[ "$1 $subject" != 'containerd kernel' ] || options=(-test.root -test.run TestOverlay/no_opt)
		one "$1" $subject '' go_run "$1" $subject "${options[@]}"
	done
}

engine_suites() {
	local build=${SHALE_BUILD:-$here/../../build}
	export SHALE_FUSE=$top/bin/shale-fuse
	export SHALE_SNAPSHOTTER=${SHALE_SNAPSHOTTER:-$build/shale-snapshotter} SHALE_DOCKER=${SHALE_DOCKER:-$build/shale-docker}
	if [ -n "${CONTAINERD-}" ]; then
		engine_suite containerd
	else
		echo "containerd's suite skipped: CONTAINERD is not set"
	fi
	if [ -n "${MOBY-}" ]; then
		engine_suite moby
	else
		echo "Docker's suite skipped: MOBY is not set"
	fi
}
