#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Extended attributes.
. "${0%/*}/lib.sh"

scenario() {
	echo data >lower/file
	mkdir lower/dir
	setfattr -n user.low -v 1 lower/file
	mount_merged
	assert_eq "$(xattr user.low merged/file)" 1
	setfattr -n user.new -v 2 merged/file
	setfattr -n user.new -v 3 merged/dir
	setfattr -x user.low merged/file
	assert_eq "$(getfattr -d merged/file merged/dir | grep -v '^#' | tr '\n' ' ')" 'user.new="2"  user.new="3"  '
	assert_eq "$(xattr user.low lower/file)" 1
	assert_fails 'No such attribute' setfattr -x user.low merged/file
	remount
	assert_eq "$(getfattr -d merged/file | grep -v '^#' | tr '\n' ' ')" 'user.new="2"  '
	assert_op merged 'setxattr path=file name=user.new value=61 flags=0x1' EEXIST
	assert_op merged 'setxattr path=file name=user.none value=61 flags=0x2' ENODATA
	assert_op merged 'setxattr path=file name=user.new value=6162 flags=0x2' ok
	assert_op merged 'getxattr path=file name=user.new' 'ok 6162'
}
on_each_backend_as 'root plain userns' 'user xattrs are set, changed, listed and removed'

overlay_names_in() { # DIR
	getfattr -R -m - "$1" | grep overlay || :
}

scenario() {
	mkdir -p lower/dir lower/gone
	echo data >lower/file
	touch lower/dir/x
	mount_merged
	touch merged/dir merged/dir/new merged/file
	rm -r merged/gone
	mkdir merged/gone
	assert_opaque upper/gone
	assert_eq "$(overlay_names_in merged)" '' 'xattrs of the overlay shown'
	assert_fails 'No such attribute' getfattr -n "$overlay_xattr.opaque" merged/gone
	remount
	assert_eq "$(overlay_names_in merged)" '' 'xattrs of the overlay shown'
}
on_each_backend_as 'root plain userns' "the overlay's own xattrs are not shown"

scenario() {
	mount_merged
	mkdir merged/dir
	setfattr -n "$overlay_xattr.opaque" -v mine merged/dir
	assert_eq "$(xattr "$overlay_xattr.opaque" merged/dir)" mine
	assert_eq "$(xattr "$overlay_xattr.overlay.opaque" upper/dir)" mine 'the escaped name in upper'
	getfattr -m - merged/dir | grep -qx "$overlay_xattr.opaque"
	remount
	assert_eq "$(xattr "$overlay_xattr.opaque" merged/dir)" mine
	setfattr -x "$overlay_xattr.opaque" merged/dir
	assert_eq "$(overlay_names_in upper/dir | grep overlay.overlay || :)" ''
}
on_each_backend_as 'root plain userns' 'names of overlay xattrs set by users are escaped, for overlays in overlays'

scenario() {
	mount_merged userxattr
	mkdir merged/dir
	setfattr -n trusted.overlay.opaque -v mine merged/dir
	assert_eq "$(overlay_names_in merged/dir)" trusted.overlay.opaque
	assert_eq "$(xattr trusted.overlay.opaque upper/dir)" mine
}
on_each_backend "with userxattr, root's names of overlay xattrs are names like others"

scenario() {
	echo data >lower/file
	setfattr -n trusted.secret -v x lower/file
	mount_merged
	assert_eq "$(xattr trusted.secret merged/file)" x
	assert_eq "$(as_user getfattr -m - -d merged/file)" ''
	setfattr -n trusted.more -v y merged/file
	assert_eq "$(xattr trusted.more upper/file)" y
	assert_fails 'Operation not permitted' as_user setfattr -n trusted.no -v z merged/file
}
on_each_backend 'trusted xattrs are for root'

scenario() {
	cp "$(type -P true)" lower/program
	setcap cap_net_raw=ep lower/program
	mount_merged
	assert_eq "$(getcap merged/program | sed 's/.* //')" cap_net_raw=ep
	echo >>merged/program
	assert_eq "$(getcap merged/program)" '' 'after a write'
	cp lower/program merged/other
	setcap cap_chown=p merged/other
	assert_eq "$(getcap upper/other | sed 's/.* //')" cap_chown=p
	chown 1000 merged/other
	assert_eq "$(getcap merged/other)" '' 'after chown'
}
on_each_backend 'file capabilities are kept until the file is written or given away'

scenario() {
	local value
	value=$(printf '%02000d' 5)
	echo data >lower/file
	mount_merged
	setfattr -n user.big -v "$value" merged/file
	remount
	assert_eq "$(xattr user.big merged/file)" "$value"
}
on_each_backend_as 'root plain userns' 'an xattr value of 2000 bytes is stored and read'

scenario() {
	echo old >lower/file
	setfattr -n user.shown -v x lower/file
	mount_merged
	assert_op merged 'listxattr path=file length=11' 'ok user.shown'
	chmod 600 merged/file
	assert_op merged 'listxattr path=file length=20' ERANGE
	assert_op merged 'listxattr path=file length=40' 'ok user.shown'
}
on_each_backend_as 'root user userns' "a list of xattrs needs room for the overlay's own"
