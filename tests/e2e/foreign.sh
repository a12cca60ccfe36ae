#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Layers that Docker or podman keep: shale reads them in place, and writes nothing there. The expected
# answers are Docker's own, for a container that did the same.
. "${0%/*}/lib.sh"

two_layers() {
	engine_layer base
	mkdir -p engine/base/diff/etc/deep/dir
	echo 1 | tee engine/base/diff/etc/{a,b,deep/x,deep/dir/y} >/dev/null
	ln engine/base/diff/etc/a engine/base/diff/etc/hard
	touch -d @1000000000 engine/base/diff/etc/a
	engine_layer cont base
	mkdir -p engine/cont/diff/etc/deep
	cp -p engine/base/diff/etc/a engine/cont/diff/etc/a
	chmod 700 engine/cont/diff/etc/a
	echo new >engine/cont/diff/etc/new
	echo z >engine/cont/diff/etc/deep/z
}

answers='C /etc
C /etc/a
D /etc/b
C /etc/deep
D /etc/deep/dir
D /etc/deep/x
A /etc/deep/z
A /etc/new'

docker_store() {
	two_layers
	mknod engine/cont/diff/etc/b c 0 0
	setfattr -n "$overlay_xattr.opaque" -v y engine/cont/diff/etc/deep
}

# With a mount_program the marks are files. A file called .wh..wh.x is not a mark.
containers_store() {
	two_layers
	printf true >engine/.has-mount-program
	touch engine/cont/diff/etc/{.wh.b,deep/.wh..wh..opq,deep/.wh..opq,.wh..wh.plnk}
	rm engine/base/committed
	mkdir engine/base/empty engine/cont/merged overlay-layers engine/staging
	printf '[{"id":"cont","names":["box"],"parent":"base","created":"%s"}]' \
		2026-11-24T19:24:41.081392596Z >overlay-layers/layers.json
}

everything() {
	find engine -printf '%p %y %m %s %T@ %C@ %l\n' | sort
}

reads_as_docker() {
	assert_eq "$(engine ls | awk '{ print $1, $2 }')" 'ID PARENT
base -
cont base'
	assert_eq "$(engine tree)" 'base
  cont'
	assert_eq "$(engine changes cont)" "$answers"
	assert_eq "$(engine changes --parent '' cont)" 'A /etc
A /etc/a
A /etc/deep
A /etc/deep/z
A /etc/hard
A /etc/new'
	assert_eq "$(engine diff cont | tar -t)" 'etc/
etc/a
etc/.wh.b
etc/deep/
etc/deep/.wh..wh..opq
etc/deep/z
etc/new'
	assert_eq "$(engine size cont)" 8
	assert_eq "$(engine inspect cont | grep -E '^(LowerDir|Parent)')" "LowerDir: $PWD/engine/base/diff
Parent: base"
	engine exists cont && ! engine exists other
	engine export cont tar:out.tar
	assert_eq "$(tar -tf out.tar)" "$(engine diff --parent '' cont | tar -t)"
}

refuses_to_write() {
	tar -cf empty.tar -T /dev/null
	for words in 'get cont' 'put cont' 'rm cont' 'create new' 'apply cont empty.tar' 'commit cont new' \
		'convert cont' gc cleanup check 'check --repair' 'mount cont work' 'umount cont' probe \
		'import empty.tar' 'rmi x'; do
		# shellcheck disable=SC2086 # words
		assert_clear_error 'only read' engine $words
	done
}

scenario() {
	local before
	docker_store
	before=$(everything)
	reads_as_docker
	refuses_to_write
	assert_eq "$(engine inspect base | grep Engine)" 'Engine: docker'
	assert_eq "$(everything)" "$before" 'what lies there'
	assert_absent run
	# A store of shale that was killed while it was made has the same directories as another
	# engine's. It must not be taken for one.
	mkdir -p home/staging home/trash home/l
	shale create base >/dev/null
}
only_backend=kernel on_each_backend_as 'root userns' "a directory of Docker's is read, and left as it is"

scenario() {
	local before
	containers_store
	before=$(everything)
	reads_as_docker
	assert_clear_error 'only read' engine create new
	assert_eq "$(engine inspect cont | grep -E 'Created|Name|Engine')" \
		'Created: 2026-11-24T19:24:41.081392596Z
Name: box
Engine: containers-storage'
	assert_eq "$(engine ls | awk '$1 == "cont" { print $5 }')" 2026-11-24T19:24:41Z
	assert_eq "$(everything)" "$before" 'what lies there'
	# The links are lost. podman makes them again when it starts.
	rm engine/l/* engine/cont/link
	assert_eq "$(engine changes cont)" "$answers"
	mkdir engine/cont/diff1
	assert_clear_error 'second directory' engine changes cont
}
only_backend=kernel on_each_backend_as 'root userns' "a directory of podman's is read, its marks as files"

# Makes layers on top of Docker's layers, with FUSE and with the kernel.
scenario() {
	local before path
	docker_store
	before=$(everything)
	assert_eq "$(shale create --rw --parent "$PWD/engine/cont" new)" new
	path=$(shale get new)
	assert_names "$path/etc" 'a deep hard new'
	assert_names "$path/etc/deep" z
	echo more >>"$path/etc/a"
	rm "$path/etc/hard"
	shale put new
	assert_eq "$(shale changes new)" 'C /etc
C /etc/a
D /etc/hard'
	assert_eq "$(shale changes cont)" "$answers"
	assert_eq "$(shale diff cont | tar -t)" "$(engine diff cont | tar -t)"
	assert_eq "$(shale tree)" 'base
  cont
    new (rw)'
	shale create --parent "$PWD/engine/base" twin >/dev/null
	assert_eq "$(shale inspect base | grep Adopted)" "AdoptedFrom: $PWD/engine/base"
	shale commit new frozen >/dev/null
	shale export frozen oci-archive:frozen.tar >/dev/null
	mkdir other
	top=$(shale_in "$PWD/other" import oci-archive:frozen.tar name)
	path=$(shale_in "$PWD/other" get "$top")
	assert_names "$path/etc" 'a deep new'
	assert_names "$path/etc/deep" z
	shale_in "$PWD/other" put "$top"
	path=$(shale get base) # nothing can be written to the engine's files
	assert_fails 'Read-only' touch "$path/etc/x"
	shale put base
	tar -cf some.tar -T /dev/null
	assert_clear_error 'another engine' shale apply cont some.tar
	assert_clear_error 'another engine' shale convert cont
	shale check
	shale rm new frozen twin
	assert_eq "$(shale gc --layers 2>&1 | sort)$(shale ls | sed 1d)" "$(printf 'layer base\nlayer cont')"
	assert_eq "$(everything)" "$before" 'what lies there'
}
on_each_backend_as 'root userns' "layers are made on Docker's, which stay as they are"

# The lowest layer of an image has its diff id as its name, in podman's store as in shale's.
scenario() {
	local short path
	docker_store
	mkdir tree
	echo ours >tree/ours
	layer_of base '' tree
	short=$(<engine/base/link)
	assert_eq "$(shale create --rw --parent "$PWD/engine/cont" new 2>&1)" new
	assert_eq "$(shale inspect cont | grep Parent)" "Parent: base-$short"
	path=$(shale get new)
	assert_names "$path/etc" 'a deep hard new'
	assert_absent "$path/ours"
	shale put new
	shale create --rw --parent "$PWD/engine/base/" two 2>said >/dev/null
	assert_eq "$(<said)" "shale: '$PWD/engine/base/' is layer 'base-$short' here"
	assert_eq "$(shale ls | awk 'NR > 1 { print $1 }' | sort | tr '\n' ' ')" "base base-$short cont new two "
	shale check
	shale rm new two base
	shale create --rw --parent "$PWD/engine/base" three 2>/dev/null # the layer is adopted only once
	assert_eq "$(shale inspect three | grep Parent)" "Parent: base-$short"
	shale rm three
	shale gc --layers >/dev/null
	shale create --rw --parent "$PWD/engine/base" four
	assert_eq "$(shale inspect four | grep Parent)" 'Parent: base'
}
on_each_backend_as 'root userns' 'a layer whose id exists is adopted under another id'

scenario() {
	docker_store
	mkdir engine/cont-init
	assert_clear_error "is a container's" shale create --parent "$PWD/engine/cont" new
	assert_clear_error 'no layer of Docker' shale create --parent "$PWD/upper" new
	assert_clear_error 'No such file' shale create --parent "$PWD/engine/other" new
	assert_eq "$(shale ls | sed 1d)" ''
	rmdir engine/cont-init
	shale create --rw --parent "$PWD/engine/cont" new >/dev/null
	mv engine/cont cont
	assert_eq "$(shale check 2>&1 | head -n 1)" "layer cont: its files are gone: '$PWD/engine/cont'"
	shale check --repair >said && return 1
	grep -q 'cannot be mended: bring it back' said
	! shale get new 2>said || return 1
	grep -q "'cont'.*gone" said
	mkdir -p engine/cont/diff
	printf %s AAAAAAAAAAAAAAAAAAAAAAAAAA >engine/cont/link
	assert_eq "$(shale check 2>&1 | head -n 1)" "layer cont: another layer is now in '$PWD/engine/cont'"
	rm -r engine/cont
	mv cont engine/cont
	shale check
	path=$(shale get new)
	shale put new
}
on_each_backend_as root "files that another engine removed are missed, and can come back"

scenario() {
	local path before
	containers_store
	before=$(everything)
	shale create --rw --parent "$PWD/engine/cont" new >/dev/null
	assert_eq "$(shale changes cont)" "$answers"
	if [ "$backend" = kernel ]; then
		assert_clear_error 'files called .wh.NAME' shale get new
		backend=auto
	fi
	path=$(shale get new)
	assert_names "$path/etc" 'a deep hard new'
	assert_names "$path/etc/deep" z
	touch "$path/etc/deep/more"
	shale put new
	assert_eq "$(shale changes new)" 'C /etc
C /etc/deep
A /etc/deep/more'
	assert_eq "$(everything)" "$before" 'what lies there'
	mkdir overlay-containers
	echo '[{"id":"x","layer":"cont"}]' >overlay-containers/containers.json
	assert_clear_error "is a container's" shale create --parent "$PWD/engine/cont" other
}
on_each_backend_as 'root userns' "layers are made on podman's, whose marks are files"

# A plain user's store with force_mask, into which podman unpacks. Owners are in xattrs, except those of
# links. Capabilities are in their usual place, with the user as root id. Root reads the store.
scenario() {
	local file=engine/base/diff/ping
	containers_store
	echo x >$file
	chmod 700 $file
	setfattr -n user.containers.override_stat -v 0:0:0755:dir engine/base/diff engine/cont/diff
	setfattr -n user.containers.override_stat -v 5:6:0755:file $file
	ln -s ping engine/base/diff/link
	chown -hR 1000:1000 engine
	setfattr -n security.capability -v 0x0100000300200000000000000000000000000000e8030000 $file
	engine diff base >x.tar
	assert_eq "$(tar_list x.tar | awk '$6 ~ /^(ping|link)$/ { print $1, $2, $6 }')" \
		"$(printf 'lrwxrwxrwx 0/0 link\n-rwxr-xr-x 5/6 ping')"
	mkdir out
	tar -C out --xattrs --xattrs-include='security.*' -xf x.tar ping
	assert_eq "$(getfattr -n security.capability -e hex out/ping | sed -n 's/.*=//p')" \
		0x0100000200200000000000000000000000000000
	# This value counts: fuse-overlayfs has set it for a container.
	setfattr -n user.containers.override_security.capability -v 0x0100000200040000000000000000000000000000 $file
	engine diff base >x.tar
	tar -C out --xattrs --xattrs-include='security.*' -xf x.tar ping
	assert_eq "$(getfattr -n security.capability -e hex out/ping | sed -n 's/.*=//p')" \
		0x0100000200040000000000000000000000000000
}
only_backend=kernel on_each_backend_as root "podman's force_mask: capabilities and the owners of links"

# One image or container has the xattr on its root. That says nothing about other layers, nor about its
# own files.
scenario() {
	local file=engine/cont/diff/tool
	containers_store
	echo x >$file
	chmod 700 $file
	chown 1000:1000 $file
	setfattr -n user.containers.override_stat -v 0:0:0755:dir engine/cont/diff
	setfattr -n user.containers.override_stat -v 0:0:4755:file $file
	setfattr -n user.containers.override_security.capability -v 0x0100000200040000000000000000000000000000 $file
	engine diff cont >x.tar
	assert_eq "$(tar_list x.tar | awk '$6 == "tool" { print $1, $2 }')" '-rwx------ 1000/1000'
	mkdir out
	tar -C out --xattrs --xattrs-include='security.*' -xf x.tar tool
	assert_eq "$(getfattr -n security.capability out/tool 2>/dev/null)" ''
}
only_backend=kernel on_each_backend_as root 'one layer cannot say that the owners of all are in xattrs'
