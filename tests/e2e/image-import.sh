#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Images are imported from every kind of source, and share their layers.
. "${0%/*}/lib.sh"
. "$here/lib-image.sh"

scenario() {
	layer_tars
	layout_of layout one.tar two.tar
	one=$(chain_id "$(digest_of one.tar)")
	two=$(chain_id "$(digest_of two.tar)" "$one")
	assert_eq "$(shale import oci:layout:v1 app)" "$two"
	assert_eq "$(shale import oci:layout)" "$two" 'the only image needs no tag'
	assert_eq "$(layer_count)" 2
	unpack_merged app tree
	assert_content tree/etc/motd new
	assert_content tree/etc/hosts hosts
	assert_names tree/usr/bin fresh
	assert_absent tree/gone
	shale images | grep -q "^layout:v1 .*${two:0:12} "
	shale images | grep -q "^app  *$(digest_of config.json | cut -c 8-19) "
	assert_eq "$(shale --json images | grep '"digest"' | sort -u)" \
		"    \"digest\": \"$(digest_of config.json)\","
}
once_as 'root user userns' 'an OCI layout, by its tag'

scenario() {
	layer_tars
	layout_of layout one.tar two.tar
	tar -C layout -cf plain.tar .
	gzip -k plain.tar
	zstd -q plain.tar
	xz -k plain.tar
	top=$(shale import oci-archive:plain.tar)
	for file in plain.tar.gz plain.tar.zst plain.tar.xz; do
		assert_eq "$(shale import "oci-archive:$file:v1")" "$top" "$file"
	done
	assert_eq "$(shale import oci-archive:/dev/stdin piped < <(cat plain.tar))" "$top"
	assert_eq "$(shale import oci-archive:/dev/stdin piped-gz < <(cat plain.tar.gz))" "$top"
	shale images | grep -q '^plain:v1 '
}
once_as 'root user' 'an OCI archive, plain, compressed, or from a pipe'

scenario() {
	layer_tars
	id=$(digest_of one.tar)
	id=${id#sha256:}
	gzip -k one.tar
	zstd -q one.tar
	xz -k one.tar
	bzip2 -k one.tar 2>/dev/null || gzip -c one.tar >one.tar.bz2
	for file in one.tar one.tar.gz one.tar.zst one.tar.xz one.tar.bz2; do
		assert_eq "$(shale import "$file")" "$id" "$file"
	done
	assert_eq "$(shale import tar:/dev/stdin piped < <(cat one.tar.zst))" "$id"
	assert_eq "$(layer_count)" 1
	assert_eq "$(shale images | tail -n +2 | cut -d' ' -f1 | tr '\n' ' ')" 'one piped '
	unpack_merged one tree
	assert_eq "$(stat -c '%a %h' tree/usr/bin/tool)" '4755 2'
}
once_as 'root' 'a root filesystem tar gives the same layer whatever its compression'

# Imports two images on one base. The second image has a broken layer.
scenario() {
	layer_tars
	layout_of first one.tar
	layout_of second one.tar two.tar
	shale import oci:first >/dev/null
	chmod u+w second/blobs/sha256/*
	: >"second/blobs/sha256/$(sha256sum two.tar.gz | cut -d' ' -f1)"
	assert_clear_error 'has 0 bytes' shale import oci:second
	assert_eq "$(layer_count)" 1 'the shared base stays'
	cp two.tar.gz "second/blobs/sha256/$(sha256sum two.tar.gz | cut -d' ' -f1)"
	rm "second/blobs/sha256/$(sha256sum one.tar.gz | cut -d' ' -f1)"
	shale import oci:second >/dev/null # the base exists, so its blob is not needed
	assert_eq "$(layer_count)" 2
}
once_as root 'images share layers, and a failed import takes no other image'"'"'s'

scenario() {
	layer_tars
	layout_of layout one.tar
	other=$(with "$manifest" '"platform":{"os":"linux","architecture":"none"}')
	mine=$(with "$manifest" "\"platform\":{\"os\":\"linux\",\"architecture\":\"$(goarch)\"}")
	printf '{"schemaVersion":2,"manifests":[%s,%s]}' "$other" "$mine" >index.tmp
	nested=$(blob layout index.tmp "$index_type")
	index_of layout "$(tagged "$nested" many)"
	shale import oci:layout:many >/dev/null
	shale images | grep -q '^layout:many '
}
once_as root 'an index in the index: the image for this machine is chosen'

scenario() {
	layer_tars
	layout_of layout one.tar
	zstd -q one.tar
	docker=application/vnd.docker
	layer=$(blob layout one.tar.zst application/vnd.oci.image.layer.v1.tar+zstd)
	manifest=$(manifest_of layout "$config" "$layer")
	index_of layout "$(tagged "$manifest" zstd)"
	id=$(shale import oci:layout:zstd)
	shale rmi layout:zstd
	shale rm "$id"
	layer=$(blob layout one.tar application/vnd.oci.image.layer.v1.tar)
	manifest=$(manifest_of layout "$config" "$layer")
	index_of layout "$(tagged "$manifest" plain)"
	assert_eq "$(shale import oci:layout:plain)" "$id"
	layer=${layers[0]/"$gz"/$docker.image.rootfs.diff.tar.gzip}
	manifest=$(manifest_of layout "${config/"$config_type"/$docker.container.image.v1+json}" "$layer")
	index_of layout "$(tagged "${manifest/"$manifest_type"/$docker.distribution.manifest.v2+json}" d)"
	assert_eq "$(shale import oci:layout:d)" "$id"
}
once_as root "layers plain and in zstd, and Docker's media types"

# Docker before 1.10 wrote archives like this, and skopeo still does: a layer is a link to another
# member.
scenario() {
	layer_tars
	mkdir -p d/aaa d/bbb
	mv one.tar d/base.tar
	mv two.tar d/bbb/layer.tar
	ln -s ../base.tar d/aaa/layer.tar
	config_of "$(digest_of d/base.tar)" "$(digest_of d/bbb/layer.tar)" >config.json
	name=$(sha256sum config.json | cut -d' ' -f1).json
	cp config.json "d/$name"
	printf '[{"Config":"%s","RepoTags":["example/app:1","example/app:2"],' "$name" >d/manifest.json
	printf '"Layers":["aaa/layer.tar","bbb/layer.tar"]}]' >>d/manifest.json
	tar -C d -cf links.tar .
	id=$(shale import docker-archive:links.tar)
	assert_eq "$(shale import docker-archive:links.tar:example/app:2)" "$id"
	shale images | grep -q '^example/app:1 '
	shale images | grep -q '^example/app:2 '
	rm d/aaa/layer.tar
	ln d/base.tar d/aaa/layer.tar
	tar -C d -cf hard.tar manifest.json "$name" base.tar aaa bbb
	assert_eq "$(shale import docker-archive:hard.tar)" "$id"
	assert_clear_error 'there is: example/app:1, example/app:2' \
		shale import docker-archive:links.tar:example/app:3
}
once_as root 'a docker archive, with layers that are links'

# umoci and bazel make layers like this: the upper ones have no entries for etc/ and srv/a/.
scenario() {
	mkdir -p t/etc t/srv/a u/etc u/srv/a/b v/srv/a/b
	chown 7:8 t/etc
	chmod 1750 t/etc
	setfattr -n user.note -v kept t/etc
	setfacl -d -m u:12345:rwx t/srv/a
	echo low >t/etc/low
	echo up >u/etc/up
	echo deep >u/srv/a/b/deep
	echo new >v/srv/a/b/new
	touch -d @1000000000 t/etc t/srv/a t/srv
	tar -C t --numeric-owner --acls --xattrs --xattrs-include='*' -cf t.tar etc srv
	tar -C u -cf u.tar etc/up srv/a/b/deep
	touch v/srv/.wh.a
	tar -C v -cf v.tar srv/.wh.a srv/a/b/new
	layout_of two t.tar u.tar
	shale import oci:two app >/dev/null
	unpack_merged app tree
	assert_names tree/etc 'low up'
	assert_eq "$(stat -c '%a %u:%g %Y' tree/etc)" '1750 7:8 1000000000'
	assert_eq "$(stat -c '%a %u:%g %Y' tree/srv/a/b)" '755 0:0 0'
	assert_eq "$(xattr user.note tree/etc)" kept
	assert_eq "$(getfattr -m acl_default tree/srv/a 2>/dev/null | grep -c acl)" 1
	assert_eq "$(getfacl -c tree/srv/a/b/deep 2>/dev/null | grep -c user:12345)" 0
	layout_of three t.tar u.tar v.tar
	shale import oci:three hidden >/dev/null
	unpack_merged hidden tree3
	assert_names tree3/srv/a/b new
	assert_eq "$(stat -c '%a %u:%g %Y' tree3/srv/a)" '755 0:0 0' 'a new directory, not the old one'
	assert_eq "$(stat -c %Y tree3/srv)" 1000000000
}
once_as root 'directories without an entry keep the metadata of the layer below'

scenario() {
	layer_tars
	layout_of layout one.tar
	for name in a/b:c 'with space' .. %25 ünï; do
		shale import oci:layout "$name" >/dev/null
	done
	assert_eq "$(shale images | tail -n +2 | wc -l)" 5
	for name in a/b:c 'with space' .. %25 ünï; do
		shale rmi "$name"
		assert_clear_error "no image '$name'" shale rmi "$name"
	done
	assert_clear_error 'File name too long' shale import oci:layout "$(printf '%0600d' 0)"
	assert_clear_error 'empty' shale import oci:layout ''
	assert_eq "$(shale --json images)" '[]'
}
once_as root 'an image can be called almost anything'
