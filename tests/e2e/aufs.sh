#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Whiteouts in the form of aufs, files called .wh.NAME: engines make them where they may make no
# devices. The kernel does not know this form.
. "${0%/*}/lib.sh"
only_backend=fuse

scenario() {
	mkdir -p low2/dir low2/opaque lower/dir lower/opaque lower/gone/deep
	touch lower/file lower/dir/one lower/dir/two lower/opaque/old lower/kept
	touch low2/.wh.file low2/.wh.gone low2/dir/.wh.one low2/opaque/.wh..wh..opq low2/opaque/new
	touch low2/both low2/.wh.both lower/both
	lowers=low2:lower
	mount_merged
	assert_names merged 'both dir kept opaque'
	assert_names merged/dir two
	assert_names merged/opaque new
	assert_absent merged/file merged/gone merged/.wh.file merged/dir/one merged/opaque/old
	touch merged/file
	mkdir merged/gone
	assert_names merged/gone ''
	rm merged/dir/two
	rmdir merged/dir
	assert_names merged 'both file gone kept opaque'
	remount
	assert_names merged 'both file gone kept opaque'
	assert_names merged/gone ''
	assert_names merged/opaque new
}
on_each_backend_as 'root user userns' 'whiteouts called .wh.NAME hide lower names, and are not listed'

scenario() {
	touch lower/.wh.file lower/file
	mount_merged aufs=off
	assert_names merged '.wh.file file'
	remount
	assert_names merged file
	touch merged/.wh.new
	assert_names merged '.wh.new file'
}
on_each_backend_as 'root user userns' '.wh. files are plain files with aufs=off, and in upper'
