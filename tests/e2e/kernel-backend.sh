#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The kernel backend on the command line: probe, choice, names, depth, users of a busy mount.
. "${0%/*}/lib.sh"

feature() { # NAME: prints yes or no
	shale probe | awk -v name="$1" '$1 == name { print $2 }'
}

scenario() {
	shale probe >first
	local before
	before=$(inode run/probe-kernel.json)
	shale probe >second
	cmp first second
	assert_eq "$(inode run/probe-kernel.json)" "$before" 'the cache was written again'
	assert_absent home/staging/probe-*
	rm -f run/probe-*
	shale probe >third
	cmp first third
	mkdir other
	printf '#!/bin/sh\nexit 1\n' >other/broken
	chmod 755 other/broken
	SHALE_FUSE=$PWD/other/broken shale probe | grep '^fuse *no .*shale-fuse failed; '
	SHALE_FUSE=$PWD/other/broken shale probe | grep '^fuse *no '
	shale probe | cmp first -
	[ -e run/probe-kernel.json ]
	[ -z "$(awk '$2 == "no" && !/ no  ?[^ ].+; ./' first)" ]
}
once_as 'root user userns' 'a probe answers the same from its cache, and gives each no a reason and a remedy'

scenario() {
	backend=auto
	assert_eq "$(feature overlay)" yes
	shale status | grep '^Backend: kernel$'
	store_with_layers
	local merged
	merged=$(shale get rw)
	grep " $merged overlay " /proc/self/mounts
	grep 'backend kernel: trial mounts' run/log/rw
	assert_eq "$(shale get -v rw 2>&1)" "shale: backend kernel: trial mounts of overlayfs in the store passed
$merged"
	backend=fuse
	assert_eq "$(shale get --verbose rw 2>&1 >/dev/null)" 'shale: mounted before, by backend kernel'
	shale put rw
	shale put rw
	shale put rw
	shale get -v rw 2>&1 >/dev/null | grep '^shale: backend fuse: it was asked for'
	shale put rw
	grep '^[0-9T:Z-]* backend fuse: it was asked for' run/log/rw
	shale get -v base 2>&1 >/dev/null | grep 'not mounted'
}
once_as 'root' 'overlayfs is chosen if it can be mounted'

# With only one id, owners are kept in xattrs. The kernel's overlay does not show these.
scenario() {
	backend=kernel
	[ "$(wc -l </proc/self/uid_map)" -gt 1 ] || skip 'one id only'
	store_with_layers
	local merged
	merged=$(shale get rw)
	grep " $merged overlay .*userxattr" /proc/self/mounts
	rm "$merged/etc/one"
	chown 5:6 "$merged/srv/page"
	shale put rw
	assert_eq "$(shale changes rw | tr '\n' ' ')" 'C /etc D /etc/one C /srv C /srv/page '
	assert_eq "$(stat -c %u:%g home/rw/diff/srv/page)" 5:6
}
once_as 'userns' 'a user namespace mounts through overlayfs too'

scenario() {
	assert_eq "$(feature overlay)" no
	shale status | grep '^Backend: fuse$'
	shale status | grep '^Backend Reason: .*CAP_SYS_ADMIN' ||
		shale status | grep '^Backend Reason: owners are kept in xattrs'
	shale probe | grep '^overlay .*shale unshare'
}
once_as 'user' 'a user who may not mount is told why, and what to do'

scenario() {
	assert_eq "$("$SHALE" unshare id -u)" 0
	"$SHALE" unshare cat /proc/self/uid_map >map
	assert_eq "$(awk 'NR == 1 { print $1, $2, $3 }' map)" "0 $(id -u) 1"
	if [ "$(wc -l <map)" -gt 1 ]; then
		assert_eq "$("$SHALE" unshare true 2>&1)" '' 'a warning'
		touch file
		"$SHALE" unshare chown 1000:1000 file
		[ "$(stat -c %u file)" -ge 65536 ]
		"$SHALE" unshare rm file
	fi
	status=0
	"$SHALE" unshare sh -c 'exit 7' || status=$?
	assert_eq $status 7
}
once_as 'user' 'unshare runs a command as root of a user namespace'

scenario() {
	local missing=newuidmap
	grep -qE "^($(id -un)|$(id -u)):" /etc/subuid || missing=/etc/subuid
	mkdir bin
	cp -s /bin/* /usr/bin/* bin/ 2>/dev/null || :
	rm -f bin/newuidmap bin/newgidmap
	PATH=$PWD/bin "$SHALE" unshare /usr/bin/id -u >uid 2>said
	assert_content uid 0
	grep -q "^shale: only your own id is mapped: $missing " said
	assert_eq "$(wc -l <said)" 2 'lines: the reason and the remedy'
}
once_as 'user' 'unshare says why it maps a single id, and what to do'

scenario() {
	store_with_layers
	local merged status=0
	merged=$(shale get rw)
	exec 5<"$merged/srv/page"
	shale put rw 2>said || status=$?
	exec 5<&-
	assert_eq "$status" 1
	grep "in use by .*$$ bash" said
	assert_eq "$(wc -l <said)" 2
	assert_content "$merged/srv/page" served
	shale put rw
	refute is_mounted "$merged"
}
on_each_backend_as 'root user userns' 'a busy layer is not unmounted, and its users are named'

scenario() {
	store_with_layers
	local merged
	merged=$(shale get rw)
	exec 5<"$merged/srv"
	assert_clear_error 'put --lazy' shale put rw
	shale put --lazy rw
	assert_absent "$merged"
	assert_content /dev/fd/5/page served
	echo late >/dev/fd/5/page
	assert_clear_error 'still in use' shale get rw
	assert_clear_error 'still in use' shale create --parent rw more
	exec 5<&-
	no_daemon
	merged=$(shale get rw)
	assert_content "$merged/srv/page" late
	shale put --lazy rw
	assert_absent "$merged" run/refs/rw
}
on_each_backend_as 'root user userns' 'a busy layer can be detached, and is not mounted twice'

# RUN is lost while the layer is mounted and in use.
scenario() {
	store_with_layers
	local merged
	merged=$(shale get rw)
	rm run/refs/rw
	assert_eq "$(shale get rw)" "$merged"
	assert_eq "$(grep -c " $merged " /proc/self/mounts)" 1 'mounts there'
	grep '"gets":2,' run/refs/rw
	shale put rw
	is_mounted "$merged"
	shale put rw
	refute is_mounted "$merged"
	assert_absent run/refs/rw
}
on_each_backend_as 'root userns' 'an uncounted mount is recognised and counted'

scenario() {
	local odd=$'a:b,c\\d "e" \xff\xc3' merged
	mkdir "$odd"
	cd "$odd"
	store_with_layers
	merged=$(shale get rw)
	assert_eq "$merged" "$PWD/home/rw/merged"
	assert_content "$merged/etc/two" changed
	echo new >"$merged/new"
	assert_eq "$(shale get rw)" "$merged"
	shale put rw
	mountpoint -q "$merged"
	shale put rw
	refute mountpoint -q "$merged"
	assert_content home/rw/diff/new new
	mkdir "at $odd"
	shale mount rw "at $odd"
	assert_content "at $odd/new" new
	shale umount "at $odd"
	assert_absent run/refs/rw
	shale check
}
on_each_backend_as 'root userns' 'a store may lie in a directory of any name'

scenario() {
	backend=kernel
	local i merged refused
	shale create layer1 >/dev/null
	for i in $(seq 2 500); do
		shale create --parent layer$((i - 1)) layer$i >/dev/null
		echo "$i" >home/layer$i/diff/f$i
	done
	shale create --rw --parent layer128 some >/dev/null
	shale create --rw --parent layer500 all >/dev/null
	for refused in O_TMPFILE fsopen; do
		merged=$("$REFUSE" $refused "$SHALE" --home "$PWD/home" --run "$PWD/run" --backend kernel get some)
		assert_content "$merged/f2" 2
		assert_content "$merged/f128" 128
		assert_eq "$(names "$merged" | wc -w)" 127
		shale put some
		merged=$("$REFUSE" $refused "$SHALE" --home "$PWD/home" --run "$PWD/run" --backend kernel get all)
		assert_content "$merged/f2" 2
		assert_content "$merged/f500" 500
		assert_eq "$(names "$merged" | wc -w)" 499
		shale put all
	done
}
once_as 'root' '128 and 500 layers are mounted, by mount(2) too'
