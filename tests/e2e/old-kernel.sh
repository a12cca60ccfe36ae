#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs the main work while newer system calls are refused, as old kernels (ENOSYS) and old container
# filters (EPERM) do. Refuses all of them at once; with SHALE_TEST_LONG=1 also each alone, to find the
# one that matters.
. "${0%/*}/lib.sh"

# A comment at each fallback in the code says which call is missing, and on which kernel.
newer=openat2,fsopen,mount_setattr,open_tree,move_mount,copy_file_range,statx,renameat2,faccessat2
newer+=,pidfd_open,close_range,fchmodat2,getxattrat,listxattrat,O_TMPFILE,FICLONE

shale() { # COMMAND...
	"$REFUSE" $refused "$SHALE" --home "$PWD/home" --run "$PWD/run" --backend "$backend" "$@"
}

# Changes the merged tree in every way that copies a file up.
change_merged() { # DIR
	echo more >>"$1/etc/one"
	chmod 600 "$1/etc/two"
	truncate -s 3 "$1/big"
	mv "$1/srv/page" "$1/srv/moved"
	rm "$1/usr/link"
	rm -r "$1/usr/bin"
	mkdir "$1/usr/bin"
	echo new >"$1/usr/bin/new"
	ln "$1/etc/two" "$1/etc/three"
	mkfifo "$1/pipe"
	cp --reflink=auto --sparse=auto "$1/etc/one" "$1/copy"
}

scenario() {
	local merged
	mkdir tree1
	head -c 300000 /dev/urandom >tree1/big
	store_with_layers
	merged=$(shale get rw)
	grep -q " $merged .*$([ "$backend" = fuse ] && echo fuse || echo overlay)" /proc/self/mounts
	change_merged "$merged"
	tree "$merged" >before
	shale put rw
	shale changes rw >changes
	grep -x 'A /srv/moved' changes
	grep -x 'D /usr/link' changes
	shale create --parent app again >/dev/null
	shale diff rw | shale apply again >/dev/null
	merged=$(shale get again)
	tree "$merged" | diff - before
	shale put again
	shale commit rw frozen >/dev/null
	shale export frozen oci:image >/dev/null
	shale rm rw again
	shale import oci:image other >/dev/null
	shale check
	shale gc --layers >/dev/null
	assert_no_rubbish
}

if [ "${SHALE_TEST_LONG-}" = 1 ]; then
	for call in ${newer//,/ }; do
		refused=$call
		on_each_backend_as 'root userns' "all works without $call"
		refused="--eperm $call"
		on_each_backend_as 'root userns' "all works where $call is not permitted"
	done
fi
refused=$newer
on_each_backend_as 'root userns' 'all commands work on a kernel without the newer system calls'
refused="--eperm $newer"
on_each_backend_as 'root' 'all commands work under a filter that refuses newer system calls'
