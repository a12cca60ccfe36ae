#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# An imported image must be exported unchanged: the same streams, and the same config.
. "${0%/*}/lib.sh"
. "$here/lib-image.sh"

# Makes a stream that none of our tools would write: another order of names, another dialect;
# entries that later ones replace; whiteouts in a layer without a parent; names through a link;
# entries that are skipped in a user namespace or always; and bytes after its end.
odd_tar() { # FILE
	rm -rf odd
	mkdir -p odd/real odd/d/sub odd/.wh..wh.plnk
	echo first >odd/a
	echo below >odd/d/sub/b
	ln odd/a odd/hard
	ln -s real odd/link
	seq 100000 >odd/real/numbers
	echo plnk >odd/.wh..wh.plnk/1
	touch odd/.wh.nothing
	mkfifo odd/fifo
	dd if=/dev/urandom of=odd/random bs=1000 count=300 status=none
	truncate -s 1M odd/sparse
	echo data | dd of=odd/sparse bs=1 seek=500000 conv=notrunc status=none
	setfattr -n user.note -v value odd/a
	local tar=(tar -C odd --format=pax --xattrs --numeric-owner --owner=0 --group=0 --no-recursion)
	"${tar[@]}" -cf "$1" -S -b 1 link real sparse random ./a hard d d/sub d/sub/b .wh.nothing \
		.wh..wh.plnk/1 fifo
	echo second >odd/a
	mkdir odd/through
	seq 500 >odd/through/numbers
	"${tar[@]}" -rf "$1" --transform 's,^through,link,' a through/numbers
	rm -r odd/d
	echo 'no directory' >odd/d
	tar -C odd --format=gnu --owner=nobody --group=nogroup -rf "$1" d random
	[ "$(id -u)" -ne 0 ] || [ -n "${1##*device*}" ] || tar -C /dev -rf "$1" null
	cat odd/random >>"$1"
}

# Checks that diff ids, history and everything else are the same to the byte.
assert_same_config() { # FILE
	cmp "$1" config.json || {
		diff "$1" config.json
		return 1
	}
}

config_in_layout() { # LAYOUT
	local manifest config
	manifest=$(grep -o '"digest":"sha256:[0-9a-f]*' "$1/index.json" | grep -o '[0-9a-f]*$')
	config=$(grep -o '"config":{[^}]*}' "$1/blobs/sha256/$manifest" | grep -o 'sha256:[0-9a-f]*')
	cat "$1/blobs/sha256/${config#sha256:}"
}

scenario() {
	layer_tars
	odd_tar odd.tar
	layout_of layout one.tar odd.tar two.tar
	shale import oci:layout:v1 app >/dev/null
	shale export app docker-archive:d.tar:example/app:1
	mkdir d && tar -C d -xf d.tar
	for tar in one odd two; do
		cmp "d/$(sha256sum <$tar.tar | cut -d' ' -f1).tar" $tar.tar
	done
	assert_same_config d/"$(sha256sum <config.json | cut -d' ' -f1).json"
	assert_eq "$(grep -o '"RepoTags":[^]]*' d/manifest.json)" '"RepoTags":["example/app:1"'
	shale export app oci:out:v1
	config_in_layout out >out.json
	assert_same_config out.json
	shale export app oci-archive:o.tar:v1
	for source in docker-archive:d.tar oci:out oci-archive:o.tar; do
		shale import "$source" again >/dev/null
		assert_eq "$(layer_count)" 3 "$source"
	done
	mkdir elsewhere
	id=$(shale --home elsewhere/home --run elsewhere/run import docker-archive:d.tar)
	shale --home elsewhere/home --run elsewhere/run export "$id" oci:third:v1
	config_in_layout third >third.json
	assert_same_config third.json
}
once_as 'root user userns' 'an image goes out with the diff ids and the config that it came with'

# Prints the descriptors of the layers in LAYOUT, one on a line.
packed() { # LAYOUT
	local manifest
	manifest=$(grep -o '"digest":"sha256:[0-9a-f]*' "$1/index.json" | grep -o '[0-9a-f]*$')
	sed 's/.*"layers"://' "$1/blobs/sha256/$manifest" | grep -o '{"mediaType[^}]*}[^{]*' |
		sed 's/]}*$//; s/,$//'
}

# Makes an image with a layer of each packing.
packed_layout() { # LAYOUT
	layer_tars
	tar -C t1 --sort=name --owner=0 --group=0 --numeric-owner -cf three.tar etc/hosts usr/bin
	layout_of "$1" one.tar two.tar three.tar
	zstd -q -19 two.tar -o two.zst
	note='"annotations":{"org.example.note":"x","io.github.containers.zstd-chunked.manifest-position":"1:2:3:4"}'
	layers=("$(blob "$1" one.tar "${gz%+gzip}")" "$(with "$(blob "$1" two.zst "${gz%gzip}zstd")" "$note")"
		"${layers[2]}")
}

scenario() {
	packed_layout layout
	manifest=$(manifest_of layout "$config" "${layers[@]}")
	index_of layout "$(tagged "$manifest" v1)"
	shale import oci:layout:v1 app >/dev/null
	shale export app oci:out
	packed out >lines
	assert_eq "$(cut -d'"' -f4 lines | tr '\n' ' ')" "${gz%+gzip} ${gz%gzip}zstd $gz "
	assert_eq "$(sed -n 's/^{"mediaType":"[^"]*","digest":"\([^"]*\)".*/\1/p; q' lines)" "$(digest_of one.tar)"
	grep -q '"org.example.note":"x"' lines
	assert_eq "$(grep -c zstd-chunked lines)" 0
	zstd=$(sed -n 's/.*zstd","digest":"sha256:\([^"]*\)".*/\1/p' lines)
	zstd -dc "out/blobs/sha256/$zstd" | cmp - two.tar
	shale create --rw --parent app work >/dev/null
	shale export work oci:more
	assert_eq "$(packed more | wc -l)" 4
	assert_eq "$(packed more | head -n 3 | cut -d'"' -f4,8)" "$(cut -d'"' -f4,8 lines)"
	shale tag app again
	shale rmi app
	shale export again oci:tagged
	cmp <(packed out) <(packed tagged)
}
once_as 'root userns' 'layers are packed as they were'

# The store compresses a layer in the same way each time, so the manifest stays the same.
scenario() {
	layer_tars
	layout_of layout one.tar two.tar
	shale import oci:layout:v1 app >/dev/null
	shale export app oci:first:v1
	shale import oci:first:v1 second >/dev/null
	shale export second oci-archive:second.tar:v1
	mkdir second && tar -C second -xf second.tar
	diff -r first second
	blob layout one.tar "${gz%+gzip}" >/dev/null
	docker=application/vnd.docker
	plain=$(blob layout one.tar $docker.image.rootfs.diff.tar)
	config_of "$(digest_of one.tar)" >config.json
	printf '{ "schemaVersion": 2, "mediaType": "%s", "config": %s, "layers": [ %s ], "z": "\xc3\xa4" }' \
		$docker.distribution.manifest.v2+json \
		"$(blob layout config.json $docker.container.image.v1+json)" "$plain" >manifest.json
	manifest=$(blob layout manifest.json $docker.distribution.manifest.v2+json)
	index_of layout "$(tagged "$manifest" v1)"
	shale import oci:layout:v1 docker >/dev/null
	shale export docker oci:out
	cmp "out/blobs/sha256/$(digest_of manifest.json | cut -d: -f2)" manifest.json
	grep -qF "\"mediaType\":\"$docker.distribution.manifest.v2+json\"" out/index.json
	shale export --config User=5 docker oci:changed
	packed changed | grep -qF "{\"mediaType\":\"${gz%+gzip}\",\"digest\":\"$(digest_of one.tar)\""
}
once_as 'root userns' 'an image whose blobs are the same keeps its manifest to the byte'

flip() { # FILE BYTE
	printf '\377' | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# Checks that OUT has the manifest, the config and the three layers of LAYOUT.
assert_same_blobs() { # LAYOUT OUT
	local blob n=0
	for blob in "$2"/blobs/sha256/*; do
		cmp "$blob" "$1/${blob#"$2/"}"
		n=$((n + 1))
	done
	assert_eq "$n" 5 "blobs in $2"
}

# The store cannot write the same bytes as gzip -9 and zstd -19.
scenario() {
	packed_layout layout
	manifest=$(manifest_of layout "$config" "${layers[@]}")
	index_of layout "$(tagged "$manifest" v1)"
	shale import oci:layout:v1 app >/dev/null
	shale export app oci:other:v1
	[ "$(cat other/index.json)" != "$(cat layout/index.json)" ]
	shale import --keep-blobs oci:layout:v1 app >/dev/null
	assert_eq "$(find home -name 'blob-*' | wc -l)" 2 'compressed blobs'
	shale export app oci:out:v1
	assert_same_blobs layout out
	shale create --rw --parent app work >/dev/null
	shale export work oci-archive:work.tar
	mkdir more && tar -C more -xf work.tar
	assert_eq "$(packed more | head -n 3)" "$(packed layout)"
	cmp "more/blobs/sha256/$(digest_of two.zst | cut -d: -f2)" two.zst
	shale export app docker-archive:d.tar
	tar -xOf d.tar "$(digest_of two.tar | cut -d: -f2).tar" | cmp - two.tar
	assert_eq "$(shale check)" ''
	assert_no_rubbish
	shale --home fresh/home --run fresh/run import --keep-blobs oci:layout:v1 app >/dev/null
	shale --home fresh/home --run fresh/run export app oci:again:v1
	assert_same_blobs layout again
	kept=$(find home -name "blob-$(digest_of two.zst | cut -d: -f2)")
	flip "$kept" 30
	assert_clear_error 'the kept blob is damaged' shale export app oci:bad
	assert_absent bad
	assert_fails "file ${kept#home/}: is damaged" shale check
	shale check --repair >/dev/null || :
	assert_absent "$kept"
	assert_eq "$(shale check)" ''
	shale export app oci:repaired
	shale import --keep-blobs oci:layout:v1 app >/dev/null
	[ -e "$kept" ]
	shale rm work
	shale rmi app
	shale gc --layers >/dev/null
	assert_eq "$(find home -name 'blob-*')" ''
}
once_as 'root userns' 'kept blobs and their manifest are exported unchanged'

scenario() {
	layer_tars
	layout_of layout one.tar two.tar
	shale import oci:layout:v1 app >/dev/null
	blob=layout/blobs/sha256/$(digest_of two.tar.gz | cut -d: -f2)
	cp "$blob" good
	flip "$blob" 40
	assert_clear_error 'it is damaged' shale import oci:layout:v1 app
	cp good "$blob"
	echo more >>"$blob"
	assert_clear_error 'its descriptor says' shale import oci:layout:v1 app
	rm "$blob"
	shale import oci:layout:v1 app >/dev/null
	assert_clear_error 'keep layer blob' shale import --keep-blobs oci:layout:v1 app
	assert_eq "$(layer_count)" 2
	shale export app oci:out
}
once_as root 'the blob of an existing layer is verified'

# The stream has a device, which cannot be made in a user namespace.
scenario() {
	odd_tar device.tar
	shale create layer >/dev/null
	shale apply layer device.tar >/dev/null
	shale diff layer | cmp - device.tar
	shale create --parent layer upper >/dev/null
	gzip <device.tar | shale apply upper >/dev/null
	shale diff upper | cmp - device.tar
	shale diff --parent layer upper | cmp - device.tar
	assert_eq "$(shale inspect upper | sed -n 's/^DiffId: //p')" "$(digest_of device.tar)"
	shale diff --parent '' upper >whole.tar
	assert_fails '' cmp -s whole.tar device.tar
	shale commit upper copy >/dev/null
	shale diff copy | cmp - device.tar
	odd_tar other.tar
	shale create again >/dev/null
	shale apply again device.tar >/dev/null
	shale apply again other.tar >/dev/null
	shale diff again | cmp - other.tar
	assert_eq "$(shale check)" ''
}
once_as 'root user userns' 'a layer is given back as the stream that was applied'

# A stream that is cut at several places near its end. The last file has 6 bytes, 512 with padding;
# 1024 zeros follow.
scenario() {
	mkdir tree
	echo first >tree/first
	echo 'last!' >tree/last
	tar -C tree -b 1 -cf whole.tar first last
	assert_eq "$(stat -c %s whole.tar)" 3072
	for cut in 2560 2048 2047 1542 1024 0; do
		head -c $cut whole.tar >cut.tar
		shale create "cut-$cut" >/dev/null
		shale apply "cut-$cut" cut.tar >/dev/null 2>&1
		shale diff "cut-$cut" | cmp - cut.tar
	done
	assert_eq "$(shale check)" ''
}
once_as root 'a stream without padding or end is given back as it came'

scenario() {
	layer_tars
	shale create --rw writable >/dev/null
	shale apply writable one.tar >/dev/null
	assert_absent home/writable/stream
	shale create layer >/dev/null
	shale apply layer one.tar >/dev/null
	[ -f home/layer/stream ]
	shale commit writable committed >/dev/null
	assert_absent home/committed/stream
	shale convert layer
	assert_absent home/layer/stream
	shale diff layer >converted.tar
	assert_fails '' cmp -s converted.tar one.tar
	assert_eq "$(shale check)" ''
}
once_as root 'a layer that was written to or made anew gets a new stream'

scenario() {
	layer_tars
	shale create layer >/dev/null
	shale apply layer one.tar >/dev/null
	cp home/layer/stream kept
	shale diff layer | cmp - one.tar
	flip home/layer/stream 100
	assert_clear_error damaged shale diff layer
	assert_fails 'record of its stream is damaged' shale check
	rm home/layer/stream
	assert_clear_error 'record of its stream is lost' shale diff layer
	assert_fails 'record of its stream is lost' shale check
	mkfifo home/layer/stream
	assert_clear_error 'record of its stream is lost' shale diff layer
	assert_fails 'record of its stream is lost' shale check
	rm home/layer/stream
	cp kept home/layer/stream
	assert_eq "$(shale check)" ''
	cp -p home/layer/diff/etc/motd motd
	echo OLD >home/layer/diff/etc/motd
	assert_clear_error 'cannot be given back as it came' shale diff layer
	assert_clear_error 'cannot be given back as it came' shale export layer docker-archive:x.tar
	assert_absent x.tar
	cp -p motd home/layer/diff/etc/motd
	shale diff layer | cmp - one.tar
	flip home/layer/stream 100
	shale check --repair >repaired || :
	grep -q 'layer layer: the record of its stream is damaged; forgotten' repaired
	assert_absent home/layer/stream
	shale diff layer >own.tar
	tar -tf own.tar >names
	grep -q etc/motd names
}
once_as root 'a damaged stream is reported, and never given back'
