#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Odd images that other engines accept: shale must accept them, too.
. "${0%/*}/lib.sh"
. "$here/lib-image.sh"

# Makes a layout whose only image has other.json as its config.
layout_with_config() { # [TYPE]
	manifest=$(manifest_of layout "$(blob layout other.json "${1:-$config_type}")" "${layers[@]}")
	index_of layout "$(tagged "$manifest" v1)"
}

exported_config() { # IMAGE
	local manifest config
	rm -rf out
	shale export "$1" oci:out
	manifest=$(grep -o 'sha[0-9]*:[0-9a-f]*' out/index.json | tail -n 1 | tr : /)
	config=$(grep -io '"config":{[^}]*}' "out/blobs/$manifest" | grep -o 'sha[0-9]*:[0-9a-f]*')
	cat "out/blobs/${config/://}"
}

scenario() {
	mkdir layout
	layers=()
	config_of >other.json
	sed -i 's/"diff_ids":\[\]/"diff_ids":null/' other.json
	for list in '[]' null; do
		printf '{"schemaVersion":2,"mediaType":"%s","config":%s,"layers":%s}' "$manifest_type" \
			"$(blob layout other.json "$config_type")" "$list" >manifest.tmp
		index_of layout "$(blob layout manifest.tmp "$manifest_type")"
		assert_eq "$(shale import oci:layout new)" ''
	done
	printf '[{"Config":"other.json","RepoTags":["new:1"],"Layers":null}]' >manifest.json
	tar -cf docker.tar manifest.json other.json
	assert_eq "$(shale import docker-archive:docker.tar)" ''
	assert_eq "$(shale --json images | grep -c '"layers": 0')" 2
	exported_config new | cmp - other.json
	shale export new:1 docker-archive:back.tar
	tar -xOf back.tar "$(digest_of other.json | cut -d: -f2).json" | cmp - other.json
	shale export new tar:root.tar
	assert_eq "$(tar -tf root.tar)" ''
	shale create --rw --parent new work >/dev/null
	exported_config work | grep -qF '"Env":["A=b"]'
	shale check
	shale gc --layers
	shale rmi new
	shale rmi new:1
	shale check
}
once_as 'root userns' 'an image without layers'

scenario() {
	layer_tars
	layout_of layout one.tar two.tar
	printf '%s' "$(sed 's/"A=b"/"A=\xff\\u0000\\udc00"/; s/"Labels"/"Labels":{"dup":"1"},"Big":18446744073709551615,"Huge":1e400,"Labels"/' config.json)" >other.json
	layout_with_config application/octet-stream
	shale import oci:layout odd >/dev/null
	exported_config odd >first
	cmp first other.json
	shale import oci:out again >/dev/null
	exported_config again | cmp - first
	assert_eq "$(shale inspect odd | sed -n 's/^Id: //p')" "$(digest_of other.json)"
	shale create --rw --parent odd work >/dev/null
	shale commit --config User=1 work done >/dev/null
	exported_config done | grep -qF '"Labels":{"x":"y"}'
	shale check
}
once_as 'root userns' 'a config with bytes and numbers outside the JSON standard is kept'

scenario() {
	layer_tars
	layout_of layout one.tar two.tar
	manifest=$(manifest_of layout "$config" "${layers[@]}")
	index_of layout "$(tagged "$manifest" v1)" "$(tagged "$manifest" v1)"
	top=$(shale import oci:layout:v1 twice)
	other=$(with "$manifest" '"platform":{"os":"linux","architecture":"other"}')
	printf '{"schemaVersion":2,"manifests":[%s,%s]}' "$other" "$manifest" >index.tmp
	index_of layout "$(blob layout index.tmp "$index_type")"
	assert_eq "$(shale import oci:layout inner)" "$top" 'an entry that names no platform'
	printf '{"schemaVersion":2,"manifests":[%s]}' "$manifest" >layout/index.json
	sed -i "s,\"mediaType\":\"$manifest_type\"\,,," layout/index.json
	assert_eq "$(shale import oci:layout unsaid)" "$top" 'a descriptor without a type'
	tar -C layout -cf big.tar .
	mkdir many
	(cd many && seq 20100 | xargs touch)
	tar -rf big.tar many
	assert_eq "$(shale import oci-archive:big.tar big)" "$top" 'more than 20,000 members'
}
once_as root 'an index with repeated or missing fields is read'

# Go's reader, which all engines use, accepts the name of a field in upper or lower case.
scenario() {
	layer_tars
	layout_of layout one.tar two.tar
	sed 's/"rootfs"/"RootFS"/; s/"diff_ids"/"Diff_IDs"/; s/"os"/"OS"/; s/"history"/"HISTORY"/; s/"config"/"Config"/' config.json >other.json
	printf '%s' "$(sed 's/"mediaType"/"MediaType"/g; s/"layers"/"Layers"/; s/"config"/"CONFIG"/; s/"digest"/"Digest"/' manifest.tmp)" >case.tmp
	sed "s/$(digest_of config.json)/$(digest_of other.json)/; s/\"size\":$(stat -c %s config.json)/\"Size\":$(stat -c %s other.json)/" \
		case.tmp >manifest.tmp
	blob layout other.json "$config_type" >/dev/null
	index_of layout "$(tagged "$(blob layout manifest.tmp "$manifest_type")" v1)"
	top=$(shale import --keep-blobs oci:layout odd)
	assert_eq "$top" "$(chain_id "$(digest_of two.tar)" "$(chain_id "$(digest_of one.tar)")")"
	exported_config odd | cmp - other.json
	cmp "out/blobs/sha256/$(digest_of manifest.tmp | cut -d: -f2)" manifest.tmp
	shale create --rw --parent odd work >/dev/null
	shale commit --config Env=C=d work done >/dev/null
	exported_config done >text
	grep -qF '"Config":{"Env":["A=b","C=d"]' text
	[ "$(grep -o 'sha256:' text | wc -l)" = 3 ]
	printf '[{"config":"config.json","repotags":["x:1"],"LAYERS":["one.tar","two.tar"]}]' >manifest.json
	tar -cf docker.tar manifest.json config.json one.tar two.tar
	assert_eq "$(shale import docker-archive:docker.tar)" "$top"
	assert_eq "$(shale import docker.tar)" "$top"
}
once_as root 'fields with names in another case are read'

# The digest says which layer it is. The bytes say how it is packed.
scenario() {
	local type
	layer_tars
	layout_of layout one.tar two.tar
	for type in '' application/octet-stream application/x-tar application/vnd.oci.image.layer.v1.tar+bzip2; do
		manifest=$(manifest_of layout "$config" "$(blob layout one.tar.gz "$type")" "${layers[1]}")
		index_of layout "$(tagged "$manifest" v1)"
		shale import oci:layout odd >/dev/null
		exported_config odd | cmp - config.json
	done
	manifest=$(manifest_of layout "$config" "$(blob layout one.tar.gz application/vnd.in-toto+json)" "${layers[1]}")
	index_of layout "$(tagged "$manifest" v1)"
	assert_clear_error 'has the unknown media type' shale import oci:layout odd
}
once_as root 'layers of other media types are read'

# Imports LAYOUT as an image with these diff ids, and exports it with the same ones. No warning may be
# printed.
assert_comes_back() { # LAYOUT DIFF_ID...
	local layout=$1 id
	shift
	shale import "oci:$layout" back >/dev/null 2>said || assert_eq "$(<said)" '' "import $layout"
	assert_eq "$(<said)" ''
	exported_config back >back.json
	for id; do
		grep -qF "\"$id\"" back.json
	done
	shale check
	shale rmi back
	shale gc --layers >/dev/null
}

# umoci does not close Go's archive writer, so its tars lack the padding and the blocks of zeros at the
# end.
scenario() {
	local size
	layer_tars
	: >empty.tar
	size=$(($(stat -c %s two.tar) / 10240 * 10240))
	tar -C t2 --numeric-owner -b 1 -cf two.tar .wh.gone usr etc # the last entry is etc/motd, 4 bytes
	size=$(($(stat -c %s two.tar) - 1024))
	head -c "$size" two.tar >blocks.tar
	head -c $((size - 508)) two.tar >bare.tar
	for file in blocks.tar bare.tar empty.tar; do
		layout_of $file.oci one.tar $file
		assert_comes_back $file.oci "$(digest_of one.tar)" "$(digest_of $file)"
		manifest=$(manifest_of $file.oci "$config" "${layers[0]}" \
			"$(blob $file.oci $file "${gz%+gzip}")")
		index_of $file.oci "$(tagged "$manifest" v1)"
		assert_comes_back $file.oci "$(digest_of one.tar)" "$(digest_of $file)"
		printf '[{"Config":"config.json","RepoTags":["x:1"],"Layers":["one.tar","%s"]}]' $file \
			>manifest.json
		tar -cf docker.tar manifest.json config.json one.tar $file
		top=$(shale import docker-archive:docker.tar "$file")
		shale diff "$top" | cmp - $file
		shale create --parent "$(chain_id "$(digest_of one.tar)")" applied >/dev/null
		shale apply applied $file >/dev/null 2>said
		assert_eq "$(<said)" \
			"shale: layer 'applied': the archive has no end: it may have been cut short"
		shale diff applied | cmp - $file
		assert_eq "$(shale inspect applied | grep End)" 'End: missing'
		shale rm applied
		shale rmi "$file"
	done
	head -c $((size - 509)) two.tar >cut.tar
	layout_of cut.oci one.tar cut.tar
	assert_clear_error 'ends too early' shale import oci:cut.oci
	shale create cut >/dev/null
	assert_clear_error 'ends too early' shale apply cut cut.tar
}
once_as 'root user' 'layers without an end mark, and empty layers, are read'

# The archive around an image may lack its end mark, too.
scenario() {
	local size
	layer_tars
	config_of "$(digest_of one.tar)" >config.json
	printf '[{"Config":"config.json","RepoTags":["x:1"],"Layers":["one.tar"]}]' >manifest.json
	tar -b 1 -cf docker.tar one.tar manifest.json config.json
	size=$(($(stat -c %s docker.tar) - 1024 - 512 + $(stat -c %s config.json) % 512))
	head -c "$size" docker.tar >bare.tar
	shale import docker-archive:bare.tar bare >/dev/null
	shale import docker-archive:/dev/stdin piped >/dev/null < <(gzip -c bare.tar)
	head -c $((size - 1)) docker.tar >bare.tar
	assert_clear_error 'bare.tar' shale import docker-archive:bare.tar
}
once_as root 'an archive of an image without an end'

# No digest proves that a root filesystem is complete, so a missing end is worth a warning.
scenario() {
	local top
	layer_tars
	tar -C t1 -b 1 -cf whole.tar etc
	head -c $(($(stat -c %s whole.tar) - 1024)) whole.tar >cut.tar
	shale import tar:whole.tar whole >/dev/null 2>said
	assert_eq "$(<said)" ''
	top=$(shale import tar:cut.tar cut 2>said)
	assert_eq "$(<said)" "shale: layer '$top': the archive has no end: it may have been cut short"
	shale diff "$top" | cmp - cut.tar
}
once_as root 'a root filesystem without an end is taken with a warning'

# skopeo and podman import these layouts, too.
scenario() {
	local top deep
	layer_tars
	layout_of layout one.tar two.tar
	top=$(shale import oci:layout whole)
	rm layout/oci-layout
	assert_eq "$(shale import oci:layout bare)" "$top" 'no oci-layout'
	assert_eq "$(shale import layout plain)" "$top" 'a directory of an index and blobs'
	tar -C layout -cf archive.tar index.json blobs
	assert_eq "$(shale import archive.tar)" "$top" 'an archive of an index and blobs'
	rm layout/index.json
	assert_clear_error 'not an OCI layout' shale import oci:layout
	without_size "$config" "${layers[@]}"
	index_of layout "$(tagged "$manifest" v1)"
	assert_eq "$(shale import --keep-blobs oci:layout sizeless)" "$top" 'descriptors without a size'
	exported_config sizeless | cmp - config.json
	echo >>"layout/blobs/sha256/$(digest_of one.tar.gz | cut -d: -f2)"
	assert_clear_error 'it is damaged' shale import oci:layout damaged
	deep=$(head -c 5000 /dev/zero | tr '\0' '[')
	sed "s/{\"x\":\"y\"}/{\"x\":\"y\"},\"Deep\":$deep${deep//\[/]}/" config.json >other.json
	layout_of layout one.tar two.tar
	layout_with_config
	shale import oci:layout deep >/dev/null
	exported_config deep | cmp - other.json
	shale create --rw --parent deep work >/dev/null
	shale commit --config User=1 work done >/dev/null
	exported_config done | grep -qF '"Labels":{"x":"y"}'
	shale check
}
# Writes $manifest again with these descriptors, without their sizes, and removes the size of
# $manifest itself.
without_size() { # CONFIG LAYER...
	local i given=("$@")
	for i in "${!given[@]}"; do
		given[i]=$(sed 's/,"size":[0-9]*//' <<<"${given[i]}")
	done
	manifest=$(manifest_of layout "${given[@]}" | sed 's/,"size":[0-9]*//')
}
once_as root 'a layout without its mark, descriptors without a size, and deep JSON'

scenario() {
	command -v umoci >/dev/null || skip 'no umoci'
	layer_tars
	layout_of layout one.tar
	mkdir new
	echo 'inserted' >new/file
	umoci --log=error insert --rootless --image layout:v1 new /srv ||
		umoci insert --image layout:v1 new /srv
	shale import oci:layout:v1 inserted >/dev/null
	shale create --rw --parent inserted work >/dev/null
	merged=$(shale get work)
	assert_eq "$(<"$merged/srv/file")" inserted
	shale put work
	exported_config inserted >text
	umoci stat --image layout:v1 --json >/dev/null
	shale export inserted oci:again:v1
	cmp text <(exported_config inserted)
}
once_as root 'a layer that umoci inserts is imported'

# Turns every digest in LAYOUT, and the diff ids of its config, into sha512.
made_sha512() { # LAYOUT TAR...
	local layout=$1 tar ids=()
	shift
	blob() { # LAYOUT FILE TYPE
		local hex
		mkdir -p "$1/blobs/sha512"
		hex=$(sha512sum <"$2" | cut -d' ' -f1)
		cp "$2" "$1/blobs/sha512/$hex"
		printf '{"mediaType":"%s","digest":"sha512:%s","size":%d}' "$3" "$hex" "$(stat -c %s "$2")"
	}
	digest_of() { # FILE
		sha512sum <"$1" | sed 's/^/sha512:/; s/ .*//'
	}
	layout_of "$layout" "$@"
}

scenario() {
	local first top
	layer_tars
	layout_of plain one.tar two.tar
	made_sha512 layout one.tar two.tar
	assert_eq "$(names layout/blobs)" sha512
	top=$(shale import oci:layout long)
	first=$(sha512sum <one.tar | cut -d' ' -f1)
	# This is the OCI's chain id: a sha256 of the parent's chain id and the diff id.
	assert_eq "$top" "$(printf 'sha512:%s %s' "$first" "$(digest_of two.tar)" | sha256sum | cut -d' ' -f1)"
	assert_eq "$(shale inspect "$top" | sed -n 's/^Parent: //p')" "$first"
	assert_eq "$(shale inspect "$top" | sed -n 's/^DiffId: //p')" "$(digest_of two.tar)"
	shale diff "$top" | cmp - two.tar
	shale diff "$first" | cmp - one.tar
	exported_config long | cmp - config.json
	shale export long docker-archive:out.tar
	mkdir from
	tar -C from -xf out.tar
	grep -o '"Layers":\[[^]]*' from/manifest.json | grep -o '[0-9a-f]*\.tar' >listed
	cmp "from/$(sed -n 1p listed)" one.tar
	cmp "from/$(sed -n 2p listed)" two.tar
	assert_eq "$(shale import docker-archive:out.tar)" "$top"
	assert_eq "$(shale import oci:out)" "$top"
	unpack_merged long seen
	cmp "$(find layout/blobs -name "$(digest_of config.json | cut -d: -f2)")" \
		"$(find out/blobs -name "$(digest_of config.json | cut -d: -f2)")"
	shale import --keep-blobs oci:layout long >/dev/null
	assert_eq "$(find home -name 'blob-*' | wc -l)" 2
	shale export long oci:same:v1
	diff -r layout/blobs same/blobs
	shale check
	shale import oci:plain plain >/dev/null
	unpack_merged plain want
	assert_same_tree want seen
	shale create --rw --parent long work >/dev/null
	merged=$(shale get work)
	touch "$merged/new"
	shale put work
	shale commit work done >/dev/null
	exported_config done >text
	grep -qF "\"$(digest_of one.tar)\",\"$(digest_of two.tar)\",\"sha256:" text
	shale check
	kept=$(find home -name 'blob-*' | head -n 1)
	echo >>"$kept"
	assert_fails "${kept##*/}: is damaged" shale check
	assert_clear_error 'the kept blob is damaged' shale export long oci:bad
	# The layout has one layer without compression.
	cp -r layout mixed
	manifest=$(manifest_of mixed "$config" "$(blob mixed one.tar "${gz%+gzip}")" "${layers[1]}")
	index_of mixed "$(tagged "$manifest" v1)"
	shale --home home2 --run run2 import --keep-blobs oci:mixed half >/dev/null
	assert_eq "$(find home2 -name 'blob-*' | wc -l)" 1
	shale --home home2 --run run2 export half oci:half:v1
	[ -f "half/blobs/$(grep -o 'sha512:[0-9a-f]*' mixed/index.json | tr : /)" ]
	for file in layout/blobs/sha512/*; do
		mkdir other
		cp -r layout/. other
		echo >>"other/${file#*/}"
		assert_clear_error "${file##*/}" shale import oci:other
		rm -r other
	done
}
once_as 'root userns' 'sha512 digests, of blobs and of layers'
