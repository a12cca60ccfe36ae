# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# shellcheck disable=SC2154 # top, scratch and ccache are gates.sh's
# The commands of gates.sh. Each runs in a subshell, with its output in a log.

# Kills a gate that hangs: it has half an hour.
limit() { # COMMAND...
	timeout --kill-after=10 1800 "$@"
}

compile() { # DIR CONFIGURE-ARGUMENT...
	local dir=$1
	shift
	[ -x "$top/configure" ] || (cd "$top" && autoreconf -fi) || return 1
	mkdir -p "$dir" && cd "$dir" || return 1
	"$top/configure" -q "$@" && limit make -j"$(nproc)"
}

# Some tests only wait, so one more than the processors runs at a time.
check() { # DIR
	cd "$1" && limit make -j$(($(nproc) + 1)) check
}

# Daemons also run as other users, and each writes a file of its own.
check_threads() { # DIR
	local reports=$1/reports
	mkdir -m 1777 "$reports" || return 1
	export TSAN_OPTIONS="log_path=$reports/of exitcode=66"
	cd "$1" && limit make -j1 check TESTS='store_together_test store_threads_test tests/e2e/concurrency.sh tests/torture/torture.sh' ||
		return 1
	! find "$reports" -type f -exec cat {} + | grep .
}

# DIR keeps the results; make check has its own place for them.
engines() { # BUILD DIR
	local status
	cd "$1" && limit make -j1 check-engines
	status=$?
	cp -r tests/engines/. "$2"
	return $status
}

# The tests with dockerd and containerd alone: a newer containerd than Debian 12's takes a diff service, too.
docker_engines() { # BUILD
	cd "$1" && limit make -j1 check-docker-engines
}

# Lists the scripts of the tree: those with the name of one, and those with such a first line.
scripts() {
	find "$top" \( -name build -o -name 'build-*' -o -name .git -o -name autom4te.cache \) -prune \
		-o -type f \( -name '*.sh' -o -path "$top/.ci/run" -o -path "$top/quickstart" \) -print
}

shell_syntax() {
	local bad=0 script
	while read -r script; do
		if head -n 3 "$script" | grep -qE '^#!.*bash|shell=bash'; then
			bash -n "$script" || bad=1
		else
			sh -n "$script" || bad=1
		fi
	done < <(scripts)
	return $bad
}

man_pages() {
	mandoc -Tlint -Wwarning "$top"/man/*.[1-8]
}

# Installs, and checks what a program's author needs: header, library, pkg-config file, symbols.
installed() { # DIR
	local dest=$scratch/dest client=$scratch/client lib flags
	cd "$1" && limit make install DESTDIR="$dest" || return 1
	lib=$(dirname "$(find "$dest" -name libshale.so)") || return 1
	export PKG_CONFIG_PATH=$lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$dest LD_LIBRARY_PATH=$lib
	# shellcheck disable=SC2046 # words
	gcc -Wall -Werror -o "$client" "$top/tests/quickstart/client.c" \
		$(pkg-config --cflags --libs shale) && "$client" "$scratch/client-store" || return 1
	flags=$(PKG_CONFIG_SYSROOT_DIR='' pkg-config --libs --static shale | sed 's/-lshale//') || return 1
	# shellcheck disable=SC2086 # words
	gcc -Wall -Werror -o "$client" -I"$(find "$dest" -name shale.h -printf '%h')" \
		"$top/tests/quickstart/client.c" "$lib/libshale.a" $flags &&
		"$client" "$scratch/client-store" || return 1
	clang -x c++ -fsyntax-only "$(find "$dest" -name shale.h)" || return 1
	echo 'symbols of the library that are not its own:'
	! nm -D --defined-only "$lib/libshale.so" | awk '{ print $3 }' | grep -vE '^(shale_|SHALE_)'
}

main_job() { # DIR
	mkdir -p "$scratch/job" &&
		limit "$top/tests/quickstart/main-job.sh" "$1" "$scratch/job"
}

# make check has run as a whole before; here the tarball must build its tests, and a few of them must
# find their files. It fails if the tarball lacks a file that git has.
distcheck() { # DIR
	local some='tests/style/includes.sh tests/e2e/whiteout.sh tests/e2e/store-work.sh' tarball
	cd "$1" && limit make -j"$(nproc)" distcheck TESTS="$some" \
		DISTCHECK_CONFIGURE_FLAGS="CC='${ccache}gcc'" || return 1
	[ -e "$top/.git" ] || return 0
	tarball=$(echo shale-*.tar.xz)
	echo 'files that the tarball lacks:'
	! comm -13 <(tar -tf "$tarball" | sed 's,^[^/]*/,,' | sort) \
		<(git -c safe.directory='*' -C "$top" ls-files | sort) | grep -v '^\.git'
}
