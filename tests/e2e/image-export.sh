#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Images are exported as every kind, whole or not at all, and import again unchanged.
. "${0%/*}/lib.sh"
. "$here/lib-image.sh"

store_with_image() {
	layer_tars
	layout_of layout one.tar two.tar
	top=$(shale import oci:layout:v1 app)
}

# Prints the config in a layout or an archive without the help of other programs.
config_of_layout() { # LAYOUT
	local manifest
	manifest=$(grep -o '"digest":"sha256:[0-9a-f]*' "$1/index.json" | tail -n 1 | grep -o '[0-9a-f]*$')
	grep -o '"config":{[^}]*}' "$1/blobs/sha256/$manifest" | grep -o 'sha256:[0-9a-f]*'
}

config_text() { # LAYOUT
	local digest
	digest=$(config_of_layout "$1")
	cat "$1/blobs/sha256/${digest#sha256:}"
}

count() { # WORD
	grep -o "$1" | wc -l
}

scenario() {
	store_with_image
	unpack_merged app wanted
	shale export app oci:o:t
	shale export app oci-archive:oa.tar:t
	shale export app docker-archive:da.tar:example/app:1
	shale export app tar:root.tar
	for source in oci:o oci:o:t oci-archive:oa.tar docker-archive:da.tar tar:root.tar; do
		shale import "$source" back >/dev/null
		unpack_merged back seen
		assert_same_tree wanted seen
		rm -r seen seen.tar
	done
	assert_names wanted/usr/bin fresh
}
once_as 'root user userns' 'each kind of export is imported as the same tree'

scenario() {
	store_with_image
	shale export app oci:first
	id=$(shale import oci:first first)
	shale export first oci:second:first
	assert_eq "$(shale import oci:second second)" "$id" 'the same layers'
	assert_eq "$(config_of_layout second)" "$(config_of_layout first)" 'the same config'
	diff -r first/blobs second/blobs >/dev/null || ls -R first second
	sleep 1.1
	shale export app oci:again
	diff -r first/blobs again/blobs
	diff first/index.json again/index.json
	for kind in oci-archive docker-archive tar; do
		shale export app "$kind:one.$kind"
		shale export app "$kind:two.$kind"
		cmp "one.$kind" "two.$kind"
	done
}
once_as root 'exports are reproducible, and an unchanged image keeps its config'

# Runs COMMAND on a single processor: the last one that this shell may use.
on_one_processor() { # COMMAND...
	(taskset -cp "$(taskset -cp $BASHPID | grep -o '[0-9]*$')" $BASHPID >/dev/null && "$@")
}

# The layer fills many blocks of a compressor.
scenario() {
	mkdir tree
	seq 2000000 >tree/numbers
	tar -C tree -cf one.tar .
	zstd -q one.tar
	layout_of layout one.tar
	layer=$(blob layout one.tar.zst application/vnd.oci.image.layer.v1.tar+zstd)
	index_of layout "$(tagged "$manifest" gzip)" "$(tagged "$(manifest_of layout "$config" "$layer")" zstd)"
	for kind in gzip zstd; do
		shale import "oci:layout:$kind" "$kind" >/dev/null
		shale export "$kind" "oci:$kind.all"
		on_one_processor shale export "$kind" "oci:$kind.one"
		diff -r "$kind.all" "$kind.one"
		shale import "oci:$kind.one" "$kind" >/dev/null
	done
	for blob in gzip.one/blobs/sha256/*; do
		if gzip -t "$blob" 2>/dev/null; then found=$blob; fi
	done
	gzip -dc "$found" | cmp - one.tar
}
once_as root 'an export has the same bytes on one processor and on all of them'

scenario() {
	store_with_image
	shale export app oci:o
	config_text o >text
	assert_eq "$(grep -o '"Env":\["A=b"\],"Cmd":\["/bin/true"\],"Labels":{"x":"y"}' text | wc -l)" 1
	assert_eq "$(grep -o '"diff_ids":\[[^]]*\]' text | count sha256:)" 2
	assert_eq "$(count '"created_by"' <text)" 3
	assert_eq "$(count '"empty_layer":true' <text)" 1
	shale create --rw --parent "$top" work >/dev/null
	dir=$(shale get work)
	echo mine >"$dir/etc/mine"
	rm "$dir/etc/hosts"
	shale put work
	shale commit work one-more >/dev/null
	shale export one-more oci:derived
	config_text derived >text
	grep -q '"Env":\["A=b"\],"Cmd":\["/bin/true"\],"Labels":{"x":"y"}' text
	assert_eq "$(grep -o '"diff_ids":\[[^]]*\]' text | count sha256:)" 3
	assert_eq "$(count '"created_by"' <text)" 4
	grep -q '"created_by":"shale layer one-more"' text
	shale import oci:derived back >/dev/null
	unpack_merged back tree
	assert_content tree/etc/mine mine
	assert_absent tree/etc/hosts
	assert_content tree/etc/motd new
	shale export work oci:live
	config_text live | grep -q '"created_by":"shale layer work"'
}
once_as root "a committed layer's image keeps what the image below it says"

scenario() {
	mkdir -p t/etc
	echo x >t/etc/x
	tar -C t -cf t.tar .
	shale create base >/dev/null
	shale apply base t.tar >/dev/null
	shale export base oci:o:fresh
	config_text o >text
	grep -q "\"architecture\":\"$(goarch)\",\"os\":\"linux\"" text
	assert_eq "$(count '"created_by"' <text)" 1
	export SOURCE_DATE_EPOCH=86400
	shale import t.tar dated >/dev/null
	shale export dated oci:o:dated
	config_text o | grep -q '"created":"1970-01-02T00:00:00Z"'
}
once_as root 'a layer without an image below it gets a config of its own'

scenario() {
	store_with_image
	shale export app oci:o:one
	shale import one.tar other >/dev/null
	shale export other oci:o:two
	assert_eq "$(shale import oci:o:one back)" "$(shale import oci:o:one back)"
	assert_clear_error 'one, two' shale import oci:o
	before=$(sha256sum <o/index.json)
	shale export other oci:o:two
	assert_eq "$(sha256sum <o/index.json)" "$before" 'the same again changes nothing'
	shale export app oci:o:two
	assert_eq "$(count ref.name <o/index.json)" 2
	shale import oci:o:two back >/dev/null
	unpack_merged back tree
	assert_content tree/etc/motd new
	assert_names o 'blobs index.json oci-layout'
}
once_as root 'an export to a layout leaves its other tags'

scenario() {
	store_with_image
	shale export app oci:o:one
	cp -a o before
	assert_clear_error "no image and no layer 'none'" shale export none oci:o:two
	diff -r before o
	printf x >o/index.json
	assert_clear_error 'not JSON' shale export app oci:o:two
	assert_content o/index.json x
	mkdir full
	echo precious >full/file
	assert_clear_error 'neither empty nor an OCI layout' shale export app oci:full
	assert_names full file
	assert_clear_error 'no image' shale export none oci:new
	assert_absent new
	echo old >old.tar
	assert_clear_error 'no image' shale export none docker-archive:old.tar
	assert_content old.tar old
	assert_clear_error 'Is a directory' shale export app oci-archive:full
	assert_clear_error 'No such file' shale export app tar:nowhere/x.tar
	assert_clear_error 'not a tag' shale export app 'oci:o:bad tag'
	assert_clear_error 'not an image name' shale export app docker-archive:x.tar:UPPER
	ln -s old.tar link.tar
	shale export --force app tar:link.tar
	[ -L link.tar ]
	tar -tf old.tar >/dev/null
}
once_as root 'an export that is refused changes nothing'

scenario() {
	mkdir small
	mount -t tmpfs -o size=300k tmpfs small
	layer_tars
	head -c 1000000 /dev/urandom >t2/big
	tar -C t2 -cf two.tar .
	layout_of layout one.tar two.tar
	shale import oci:layout app >/dev/null
	echo old >small/old.tar
	for kind in oci-archive docker-archive tar; do
		assert_clear_error 'No space left' shale export --force app "$kind:small/old.tar"
		assert_content small/old.tar old
	done
	rm small/old.tar
	assert_clear_error 'No space left' shale export app oci:small/layout
	assert_eq "$(ls -A small)" ''
	umount small
}
once_as root 'on a full disk the old file stays, and nothing else'

scenario() {
	store_with_image
	for kind in oci-archive docker-archive tar; do
		shale export app "$kind:file.$kind"
		shale export app "$kind:/dev/stdout" | cat >"pipe.$kind"
		cmp "file.$kind" "pipe.$kind"
	done
}
once_as root 'an archive can go into a pipe'

scenario() {
	mkdir -p t
	echo same >t/file
	touch -d @1000000000 t t/file
	tar -C t -cf a.tar file
	tar -C t -cf b.tar ./file
	layout_of layout a.tar b.tar
	shale import oci:layout app >/dev/null
	shale export app docker-archive:d.tar
	assert_eq "$(tar -tf d.tar | sort | uniq -d)" ''
	shale import docker-archive:d.tar back >/dev/null
	shale export app oci:o
	shale import oci:o back >/dev/null
	unpack_merged back tree
	assert_content tree/file same
}
once_as root 'two layers with the same content are one blob'

scenario() {
	local link
	store_with_image
	shale export app oci:whole
	for link in blobs blobs/sha256; do
		rm -rf layout outside
		cp -a whole layout
		mkdir -p outside/sha256
		rm -r "layout/$link"
		ln -s "$PWD/outside" "layout/$link"
		assert_clear_error 'open blobs/sha256' shale export app oci:layout
		assert_eq "$(find outside -type f)" ''
	done
	rm -rf layout
	cp -a whole layout
	for link in index.json oci-layout; do
		mv "layout/$link" "outside/$link"
		ln -s "$PWD/outside/$link" "layout/$link"
		assert_fails '' shale export app oci:layout
		cmp "outside/$link" "whole/$link"
		rm "layout/$link"
		cp "outside/$link" layout
	done
}
once_as root 'a symbolic link in a layout does not lead blobs out of it'
