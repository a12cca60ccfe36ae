# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# pjdfstest, as root and as a plain user: what needs root fails everywhere then.
nobody=65534
pjd_options=lowerdir=pjd/lower,upperdir=pjd/upper,workdir=pjd/work

# Prints the assertions of all files: "ok FILE:NUMBER" or "not ok FILE:NUMBER".
pjd_files() { # MERGED LOGS
	local file name
	for file in "$PJDFSTEST"/tests/*/*.t; do
		name=${file#"$PJDFSTEST/tests/"}
		(cd "$1" && timeout -s KILL 600 bash "$file") 2>&1 | tee "$2/${name//\//-}.log" |
			awk -v name="$name" '
				/^1\.\.[0-9]+/ { planned = substr($1, 4) + 0 }
				/^(not )?ok/ { seen++ }
				/^not ok [0-9]+.*# TODO/ { print "ok", name ":" $3; next }
				/^ok [0-9]+/ { print "ok", name ":" $2 }
				/^not ok/ { print "not ok", name ":" $3 }
				END { if (seen < planned) print "not ok", name ":cut-short" }'
	done
}

pjd_run() { # SUBJECT
	rm -rf pjd && mkdir -p pjd/{lower,upper,work,merged}
	if [ "$1" = kernel ]; then
		mount -t overlay overlay -o "$pjd_options" pjd/merged
	else
		"$1" -o "$pjd_options" pjd/merged
	fi || return
	pjd_files pjd/merged "$log_of"
	umount pjd/merged
}

# The steps of a plain user; LIB is this file. The kernel's mount is made in a user namespace, and used
# without its capabilities.
pjd_plain_steps='
	. "$1"
	if [ "$2" = kernel ]; then
		mount -t overlay overlay -o "$pjd_options,userxattr" pjd/merged || exit
		exec setpriv --ambient-caps -all --inh-caps -all bash -c ". \"\$1\"; pjd_files pjd/merged \"\$2\"" pjd "$1" "$3"
	fi
	"$2" -o "$pjd_options" pjd/merged || exit
	pjd_files pjd/merged "$3"
	fusermount3 -u pjd/merged'

pjd_plain_run() { # SUBJECT
	local place=(setpriv --reuid "$nobody" --regid "$nobody" --clear-groups --inh-caps=-all)
	[ "$1" != kernel ] || place+=(unshare --user --map-current-user --keep-caps --mount)
	rm -rf pjd && mkdir -p pjd/{lower,upper,work,merged}
	chown -R "$nobody" pjd "$log_of"
	export PJDFSTEST
	"${place[@]}" bash -c "$pjd_plain_steps" pjd "$here/lib-pjdfstest.sh" "$1" "$log_of"
}
