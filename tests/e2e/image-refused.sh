#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Damaged, incomplete or hostile images: the error is one clear line, and nothing is left behind.
. "${0%/*}/lib.sh"
. "$here/lib-image.sh"

blob_file() { # FILE
	echo "layout/blobs/sha256/$(sha256sum <"$1" | cut -d' ' -f1)"
}

prepare() {
	layer_tars
	layout_of layout one.tar two.tar
	chmod -R u+w layout
}

# Changes one bit of FILE.
flip() { # FILE OFFSET
	local byte
	byte=$(od -An -tu1 -j"$2" -N1 "$1")
	# shellcheck disable=SC2059
	printf "\\x$(printf %02x $((byte ^ 1)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

scenario() {
	prepare
	for file in one.tar.gz two.tar.gz; do
		target=$(blob_file $file)
		size=$(stat -c %s "$target")
		for at in 12 $((size / 2)) $((size - 6)) $((size - 1)); do
			flip "$target" "$at"
			assert_refused "$(digest_of $file)" oci:layout
			cp $file "$target"
		done
		rm "$target"
		assert_refused "blob $(digest_of $file) is missing" oci:layout
		head -c $((size / 2)) $file >"$target"
		assert_refused "$(digest_of $file): it has $((size / 2)) bytes" oci:layout
		cp $file "$target"
	done
	shale import oci:layout >/dev/null
}
once_as 'root user' 'a layer that is damaged, missing or cut short'

# The descriptor has the digest of the short layer, so the digest is right, but the gzip or the tar ends
# too early.
scenario() {
	prepare
	for cut in 20 100 200; do
		head -c $cut two.tar.gz >short
		manifest=$(manifest_of layout "$config" "${layers[0]}" "$(blob layout short "$gz")")
		index_of layout "$manifest"
		assert_refused "$(digest_of short)" oci:layout
		head -c $((cut * 10)) two.tar >short.tar
		gzip -n -c short.tar >short
		manifest=$(manifest_of layout "$config" "${layers[0]}" "$(blob layout short "$gz")")
		index_of layout "$manifest"
		assert_refused "$(digest_of short)" oci:layout
	done
}
once_as root 'a layer that was cut off before it was digested is refused'

scenario() {
	prepare
	config_of "$(digest_of two.tar)" "$(digest_of one.tar)" >other.json
	manifest=$(manifest_of layout "$(blob layout other.json "$config_type")" "${layers[@]}")
	index_of layout "$manifest"
	assert_refused 'the config says sha256:' oci:layout
	config_of "$(digest_of one.tar)" >other.json
	manifest=$(manifest_of layout "$(blob layout other.json "$config_type")" "${layers[@]}")
	index_of layout "$manifest"
	assert_refused 'names 1 layers, the manifest 2' oci:layout
	printf '{' >other.json
	manifest=$(manifest_of layout "$(blob layout other.json "$config_type")" "${layers[@]}")
	index_of layout "$manifest"
	assert_refused 'not JSON' oci:layout
}
once_as root 'a config that does not fit its layers'

scenario() {
	prepare
	for file in config.json manifest.tmp; do
		target=$(blob_file $file)
		tr a b <$file >"$target"
		assert_refused "$(digest_of $file)" oci:layout
		echo >>"$target"
		assert_refused "$(digest_of $file)" oci:layout
		rm "$target"
		assert_refused "blob $(digest_of $file) is missing" oci:layout
		cp $file "$target"
	done
	printf x >layout/index.json
	assert_refused 'index.json: not JSON' oci:layout
	rm layout/index.json
	assert_refused 'index.json' oci:layout
	rm layout/oci-layout
	assert_refused 'not an OCI layout' oci:layout
	assert_refused 'No such file' oci:nowhere
}
once_as root 'a damaged or missing config, manifest or index'

scenario() {
	prepare
	echo secret >outside
	for digest in ../../x ../../../outside sha256:../../../../outside sha512:abc '' \
		"sha256:$(printf 'A%.0s' $(seq 64))" "sha256:$(printf '0%.0s' $(seq 63))/"; do
		index_of layout "{\"mediaType\":\"$manifest_type\",\"digest\":\"$digest\",\"size\":7}"
		assert_refused 'is not a digest' oci:layout
		layer="{\"mediaType\":\"$gz\",\"digest\":\"$digest\",\"size\":7}"
		index_of layout "$(manifest_of layout "$config" "$layer")"
		assert_refused 'is not a digest' oci:layout
	done
	config_of ../../outside >other.json
	index_of layout "$(manifest_of layout "$(blob layout other.json "$config_type")" "${layers[0]}")"
	assert_refused 'is not a digest' oci:layout
}
once_as root 'digests that are paths are refused'

scenario() {
	prepare
	target=$(blob_file two.tar.gz)
	mv "$target" outside
	ln -s "$PWD/outside" "$target"
	assert_refused "$(digest_of two.tar.gz)" oci:layout
	rm "$target"
	mkfifo "$target"
	assert_refused 'not a regular file' oci:layout
	rm "$target"
	mkdir "$target"
	assert_refused "$(digest_of two.tar.gz)" oci:layout
}
once_as root 'blobs that are links, pipes or directories'

scenario() {
	prepare
	{
		printf '{"a":"'
		head -c 5000000 /dev/zero | tr '\0' x
		printf '"}'
	} >giant.json
	index_of layout "$(blob layout giant.json "$manifest_type")"
	assert_refused 'more than the limit' oci:layout
	index_of layout "$(manifest_of layout "$(blob layout giant.json "$config_type")" "${layers[@]}")"
	assert_refused 'more than the limit' oci:layout
	cp giant.json layout/index.json
	assert_refused 'more than the limit' oci:layout
	head -c 100000 /dev/zero | tr '\0' '[' >layout/index.json
	assert_refused 'not JSON' oci:layout
}
once_as root 'giant and endlessly nested JSON'

scenario() {
	prepare
	a=$(with "$manifest" '"platform":{"os":"linux","architecture":"none"}')
	b=$(with "$manifest" '"platform":{"os":"windows","architecture":"amd64"}')
	printf '{"schemaVersion":2,"manifests":[%s,%s]}' "$a" "$b" >index.tmp
	nested=$(blob layout index.tmp "$index_type")
	index_of layout "$(tagged "$nested" many)"
	assert_refused "no image for linux/$(goarch)" oci:layout:many
	index_of layout "$(tagged "$manifest" one)" "$(tagged "$manifest" two)"
	assert_refused 'which tag? there are: one, two' oci:layout
	assert_refused "no tag 'three'; there is: one, two" oci:layout:three
	index_of layout
	assert_refused 'no image' oci:layout
	index_of layout "${manifest/"$manifest_type"/text/plain}"
	assert_refused "unknown media type 'text/plain'" oci:layout
	index_of layout "$(manifest_of layout "$config" "${layers[0]/+gzip/+gzip+encrypted}" "${layers[1]}")"
	assert_refused "layer $(digest_of one.tar.gz) is encrypted" oci:layout
	printf '{"manifests":[%s],"layers":[],"config":%s}' "$manifest" "$config" >both.json
	index_of layout "$(blob layout both.json "$manifest_type")"
	assert_refused 'not an image manifest' oci:layout
}
once_as root 'an index without the requested image is refused'

scenario() {
	prepare
	tar -C layout -cf whole.tar oci-layout index.json blobs
	size=$(stat -c %s whole.tar)
	for part in 100 600 $((size / 3)) $((size / 2)) 6600; do
		head -c "$part" whole.tar >half.tar
		assert_refused half.tar oci-archive:half.tar
		assert_refused half.tar docker-archive:half.tar
		gzip -n -c half.tar >half.tar.gz
		assert_refused half.tar.gz oci-archive:half.tar.gz
	done
	gzip -n -c whole.tar >whole.tar.gz
	head -c $(($(stat -c %s whole.tar.gz) / 2)) whole.tar.gz >half.tar.gz
	assert_refused half.tar.gz oci-archive:half.tar.gz
	for part in 0 1000 $(($(stat -c %s one.tar) / 3)); do
		head -c "$part" one.tar >half.tar
		assert_refused half.tar tar:half.tar
	done
	head -c 100 one.tar.gz >half.tar.gz
	assert_refused half.tar.gz half.tar.gz
	seq 10000 >text
	assert_refused text text
	assert_refused text oci-archive:text
	assert_refused layout docker-archive:layout
	assert_refused 'Is a directory' tar:layout
	assert_refused 'No such file' nowhere
	assert_refused 'no file or directory' oci:
}
once_as root 'a cut archive, or a file that is none, is refused'

scenario() {
	layer_tars
	mkdir d
	cp one.tar d/base.tar
	config_of "$(digest_of one.tar)" >d/config.json
	docker() { # CONFIG LAYER
		printf '[{"Config":"%s","RepoTags":null,"Layers":["%s"]}]' "$1" "$2" >d/manifest.json
		tar -C d -cf d.tar .
	}
	docker config.json base.tar
	shale rm "$(shale import docker-archive:d.tar name && shale rmi name)"
	docker config.json nowhere.tar
	assert_refused "no 'nowhere.tar'" docker-archive:d.tar
	docker config.json ../../../etc/passwd
	assert_refused "no '../../../etc/passwd'" docker-archive:d.tar
	docker nowhere.json base.tar
	assert_refused "no 'nowhere.json'" docker-archive:d.tar
	ln -s loop.tar d/loop.tar
	docker config.json loop.tar
	assert_refused "no 'loop.tar'" docker-archive:d.tar
	ln -s /etc/passwd d/out.tar
	docker config.json out.tar
	assert_refused "no 'out.tar'" docker-archive:d.tar
	docker config.json config.json
	assert_refused 'config.json' docker-archive:d.tar
	cp d/config.json "d/$(printf 'a%.0s' $(seq 64)).json"
	docker "$(printf 'a%.0s' $(seq 64)).json" base.tar
	assert_refused 'is damaged' docker-archive:d.tar
	printf '[]' >d/manifest.json
	tar -C d -cf d.tar .
	assert_refused 'lists no image' docker-archive:d.tar
}
once_as root 'a docker archive that names missing files is refused'

# HOME is too small for the second layer.
scenario() {
	mkdir home
	mount -t tmpfs -o size=1M tmpfs home
	layer_tars
	head -c 2000000 /dev/urandom >t2/etc/big
	tar -C t2 -cf two.tar .
	layout_of layout one.tar two.tar
	assert_refused 'No space left' oci:layout
	assert_refused 'make room on the filesystem of' oci:layout
	tar -C layout -cf layout.tar .
	gzip layout.tar
	assert_refused 'No space left' oci-archive:layout.tar.gz
	umount home
}
once_as root 'a full disk'

scenario() {
	layer_tars
	layout_of layout one.tar
	id=$(chain_id "$(digest_of one.tar)")
	shale create "$id" >/dev/null
	assert_clear_error 'with other content' shale import oci:layout
	assert_eq "$(layer_count)" 1
}
once_as root "a layer that bears another one's chain id is not taken for it"
