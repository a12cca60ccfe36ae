#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The diff service of shale-snapshotter, with the content store of a containerd: blobs are unpacked into snapshots,
# and made of them.
. "${0%/*}/../e2e/lib.sh"
. "$here/../engines/lib-containerd.sh"

unimplemented=12 not_found=5
tar=application/vnd.oci.image.layer.v1.tar

content() { # DIGEST
	ctr content get "$1"
}

# Prints the mounts of a snapshot as the field NAME of a request to the diff service.
mounts_as() { # NAME KEY
	ask Mounts "key: \"$2\"" | sed "s/^mounts {/$1 {/"
}

blob_text() { # DIGEST SIZE [TYPE]
	echo "diff { media_type: \"${3-$tar+gzip}\" digest: \"$1\" size: $2 }"
}

digest_in() { # prints the digest in a reply
	sed -n 's/^ *digest: "\(.*\)"$/\1/p'
}

# Unpacks each layer of the image as containerd does; the keys are the numbers of the layers.
unpack_image() {
	local i=0 index manifest config parent='' type digest size applied
	index=$(ctr images ls | awk 'NR == 2 { print $3 }')
	manifest=$(content "$index")
	config=$(content "$(jq -r .config.digest <<<"$manifest")")
	while read -r type digest size; do
		prepare_on "work$i" "$parent"
		ask Apply "$(blob_text "$digest" "$size" "$type") $(mounts_as mounts "work$i")" >reply.txt || { cat reply.txt >&2; false; }
		applied=$(digest_in <reply.txt)
		assert_eq "$applied" "$(jq -r ".rootfs.diff_ids[$i]" <<<"$config")" 'the digest of the tar'
		parent=layer$i
		ask Commit "name: \"$parent\" key: \"work$i\""
		i=$((i + 1))
	done < <(jq -r '.layers[] | "\(.mediaType) \(.digest) \(.size)"' <<<"$manifest")
	assert_eq $i 2 'layers'
}

prepare_on() { # KEY PARENT
	ask Prepare "key: \"$1\" parent: \"$2\"" >/dev/null
}

# Checks calls that are refused: they leave the snapshot empty, and usable.
refusals() {
	local digest size
	read -r digest size < <(content "$(ctr images ls | awk 'NR == 2 { print $3 }')" |
		jq -r '.layers[0] | "\(.digest) \(.size)"')
	prepare_on bad ''
	assert_status $not_found 'not found' Apply "$(blob_text "sha256:$(printf %064d 0)" 10) $(mounts_as mounts bad)"
	assert_status 2 'bytes' Apply "$(blob_text "$digest" $((size + 1))) $(mounts_as mounts bad)"
	assert_status 2 'bytes' Apply "$(blob_text "$digest" $((size - 1))) $(mounts_as mounts bad)"
	assert_status $unimplemented 'not implemented' Apply "$(blob_text "$digest" "$size" a/b) $(mounts_as mounts bad)"
	assert_status $unimplemented 'not implemented' Apply \
		"$(blob_text "$digest" "$size") mounts { type: \"bind\" source: \"/srv\" options: \"rw\" }"
	assert_names "$(bad_dir)" ''
	touch "$(bad_dir)/file"
	assert_status $unimplemented 'is not empty' Apply "$(blob_text "$digest" "$size") $(mounts_as mounts bad)"
	assert_names "$(bad_dir)" file
	ask Remove 'key: "bad"'
}

bad_dir() {
	ask Mounts 'key: "bad"' | sed -n 's/^ *source: "\(.*\)"$/\1/p'
}

# Checks that the changes of a container become a blob.
diffs() {
	local made again layer
	prepare_on container layer1
	ask View 'key: "below" parent: "layer1"' >/dev/null
	mkdir at
	mount_snapshot container at
	assert_eq "$(cat at/srv/file)" text
	refute [ -e at/etc/gone ]
	echo new >at/srv/new
	rm at/srv/file
	umount at
	made=$(ask Diff "$(mounts_as left below) $(mounts_as right container)" | digest_in)
	content "$made" >layer.tgz
	assert_eq "sha256:$(sha256sum <layer.tgz | cut -c1-64)" "$made"
	assert_eq "$(tar -tzf layer.tgz | sort | tr '\n' ' ')" 'srv/ srv/.wh.file srv/new '
	layer=$(mounts_as right container | sed -n 's,.*upperdir=.*/\(ctr-[a-z2-7]*\)/diff.*,\1,p')
	ctr content ls | grep "$made" | grep -q "containerd.io/uncompressed=sha256:$(shale diff "$layer" | sha256sum | cut -c1-64)"
	again=$(ask Diff "$(mounts_as left below) $(mounts_as right container) ref: \"mine\"
		labels { key: \"given\" value: \"here\" } media_type: \"$tar\"" | digest_in)
	assert_eq "$(content "$again" | sha256sum | cut -c1-64)" "$(shale diff "$layer" | sha256sum | cut -c1-64)"
	ctr content ls | grep "$again" | grep -q given=here
	# Writing it a second time is no error.
	assert_eq "$(ask Diff "$(mounts_as left below) $(mounts_as right container)" | digest_in)" "$made"
	ask View 'key: "nothing"' >/dev/null
	ask View 'key: "first" parent: "layer0"' >/dev/null
	content "$(ask Diff "$(mounts_as left nothing) $(mounts_as right first)" | digest_in)" >base.tgz
	tar -tzf base.tgz | grep -Ex '(\./)?etc/gone' >/dev/null
	assert_status $unimplemented 'not implemented' Diff "$(mounts_as left container) $(mounts_as right below)"
	assert_status $unimplemented 'not implemented' Diff \
		"$(mounts_as left below) $(mounts_as right container) media_type: \"$tar+zstd\""
	assert_eq "$(ctr content active | wc -l)" 1 'no blob is left half written'
}

scenario() {
	command -v containerd ctr runc jq curl protoc-c mount.fuse3 >/dev/null ||
		skip 'no containerd here (containerd, runc, jq, curl, protoc-c, fuse3)'
	make_image
	prepare_containerd
	start_snapshotter
	start_containerd
	ctr image import --no-unpack app.tar >/dev/null
	prepare_on bad ''
	assert_status $unimplemented 'without --containerd' Apply "$(blob_text "sha256:$(printf %064d 0)" 1) $(mounts_as mounts bad)"
	ask Remove 'key: "bad"'
	stop_snapshotter
	start_snapshotter --containerd "$PWD/containerd/socket"
	unpack_image
	refusals
	diffs
	shale check >/dev/null
	stop_containerd
	prepare_on bad ''
	assert_status 14 '' Apply "$(blob_text "sha256:$(printf %064d 0)" 1) $(mounts_as mounts bad)"
	assert_names "$(bad_dir)" ''
	stop_snapshotter
	assert_no_rubbish
}
on_each_backend 'the diff service: apply, refuse, diff, with the content store of a containerd'
