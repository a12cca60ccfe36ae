#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Imports images that skopeo, umoci and buildah make. These programs and podman read shale's exports.
. "${0%/*}/lib.sh"
. "$here/lib-image.sh"

needs() { # PROGRAM...
	local program
	for program; do
		command -v "$program" >/dev/null || skip "no $program"
	done
	export TMPDIR=$PWD/tmp HOME=$PWD XDG_RUNTIME_DIR=$PWD/tmp
	mkdir -p tmp
	printf '{"default":[{"type":"insecureAcceptAnything"}]}' >policy.json
}

skopeo() {
	command skopeo --policy policy.json "$@" >skopeo.log 2>&1 || { cat skopeo.log && return 1; }
}

# Runs an engine with a store of its own.
engine() { # PROGRAM ARGUMENT...
	local program=$1
	shift
	"$program" --root "$PWD/engine" --runroot "$PWD/engine-run" --storage-driver vfs "$@"
}

umoci_image() { # LAYOUT TAG
	umoci init --layout "$1"
	umoci new --image "$1:$2"
	umoci unpack --image "$1:$2" bundle 2>/dev/null
	mkdir -p bundle/rootfs/etc bundle/rootfs/usr/bin
	echo base >bundle/rootfs/etc/base
	echo gone >bundle/rootfs/etc/gone
	install -m 4755 -o 1 -g 2 /dev/null bundle/rootfs/usr/bin/suid
	mknod bundle/rootfs/dev-null c 1 3
	setfattr -n user.note -v value bundle/rootfs/etc/base
	umoci repack --image "$1:$2" bundle 2>/dev/null
	rm -r bundle
	umoci unpack --image "$1:$2" bundle 2>/dev/null
	sleep 1.1 # umoci sees whole seconds: etc/ must get another time to be in the layer
	rm bundle/rootfs/etc/gone
	ln bundle/rootfs/etc/base bundle/rootfs/etc/same
	touch -d "@$(date +%s)" bundle/rootfs/etc
	umoci repack --image "$1:$2" bundle 2>/dev/null
	umoci config --image "$1:$2" --config.env X=y --config.cmd /bin/sh
}

scenario() {
	needs umoci skopeo
	umoci_image layout v1
	top=$(shale import oci:layout:v1 app)
	assert_eq "$(layer_count)" 2
	unpack_merged app tree
	touch -d @1000000000 bundle/rootfs
	assert_same_tree bundle/rootfs tree
	for source in docker-archive:d.tar:example/app:1 oci-archive:o.tar:t oci:copy:t; do
		skopeo copy oci:layout:v1 "$source"
		assert_eq "$(shale import "$source")" "$top" "$source"
	done
	assert_eq "$(shale import docker-archive:d.tar:example/app:1)" "$top"
	skopeo copy --dest-compress-format zstd --dest-compress oci:layout:v1 oci:zstd:t || skip 'no zstd'
	assert_eq "$(shale import oci:zstd:t)" "$top"
	assert_eq "$(layer_count)" 2
}
once_as root "umoci's image, as it is and as skopeo copies it"

# Writes skopeo's answer about SOURCE, with these options, to FILE.
told_by_skopeo() { # FILE SOURCE OPTION...
	local file=$1 source=$2
	shift 2
	skopeo inspect --raw "$@" "$source"
	mv skopeo.log "$file"
}

scenario() {
	needs umoci skopeo
	umoci_image layout v1
	skopeo copy oci:layout:v1 docker-archive:d.tar:example/app:1
	skopeo copy oci:layout:v1 oci-archive:o.tar:t
	for source in oci:layout:v1 docker-archive:d.tar:example/app:1 oci-archive:o.tar:t; do
		rm -rf home out back.tar
		told_by_skopeo config "$source" --config
		shale import --keep-blobs "$source" app >/dev/null
		shale export app oci:out:t
		shale export app docker-archive:back.tar:example/app:1
		for back in oci:out:t docker-archive:back.tar; do
			told_by_skopeo config-back "$back" --config
			cmp config config-back
		done
	done
	told_by_skopeo manifest oci-archive:o.tar:t
	told_by_skopeo manifest-back oci:out:t
	cmp manifest manifest-back
}
once_as root 'skopeo finds the config and the manifest of what it has made'

scenario() {
	needs umoci skopeo
	umoci_image layout v1
	shale import oci:layout:v1 app >/dev/null
	unpack_merged app wanted
	shale export app oci:out:t
	shale export app oci-archive:out.tar:t
	shale export app docker-archive:docker.tar:example/app:1
	assert_eq "$(umoci list --layout out)" t
	umoci unpack --image out:t seen 2>/dev/null
	touch -d @1000000000 seen/rootfs
	assert_same_tree wanted seen/rootfs
	umoci stat --image out:t >/dev/null
	for source in oci:out:t oci-archive:out.tar:t docker-archive:docker.tar; do
		skopeo inspect --config "$source"
		grep -q '"X=y"' skopeo.log
		skopeo inspect --format '{{len .Layers}}' "$source"
		assert_content skopeo.log 2
	done
	skopeo copy oci:out:t docker-archive:a.tar:example/app:1
	skopeo copy docker-archive:a.tar oci:b:t
	skopeo copy docker-archive:docker.tar oci-archive:c.tar:t
	id=$(shale import oci:out:t back)
	assert_eq "$(shale import oci:b:t)" "$id"
	assert_eq "$(shale import oci-archive:c.tar)" "$id"
}
once_as root 'skopeo and umoci read exports, which come back as the same layers'

scenario() {
	needs buildah podman
	mkdir context
	echo content >context/file
	engine buildah from --name c1 scratch >/dev/null
	engine buildah copy -q c1 context /srv >/dev/null
	engine buildah config --env A=b --cmd /bin/true c1
	engine buildah commit -q c1 base >/dev/null
	engine buildah from --name c2 base >/dev/null
	echo more >context/more
	engine buildah copy -q c2 context/more /srv/more >/dev/null
	engine buildah commit -q c2 oci-archive:b.tar:example/app:1 >/dev/null
	engine buildah commit -q -f docker c2 docker-archive:b-docker.tar:example/app:1 >/dev/null
	shale import oci-archive:b.tar app >/dev/null
	shale import docker-archive:b-docker.tar app2 >/dev/null
	for name in app app2; do
		unpack_merged $name $name
		assert_content $name/srv/file content
		assert_content $name/srv/more more
	done
	shale export app docker-archive:out.tar:localhost/out:1
	shale export app oci-archive:out-oci.tar:localhost/out:2
	engine podman load -q -i out.tar >/dev/null
	engine podman load -q -i out-oci.tar >/dev/null
	assert_eq "$(engine podman image inspect --format '{{.Config.Env}} {{.Config.Cmd}}' \
		localhost/out:1)" '[A=b] [/bin/true]'
	engine podman image exists localhost/out:2 || engine podman image exists localhost/localhost/out:2
	mounted=$(engine podman image mount localhost/out:1)
	assert_content "$mounted/srv/more" more
	engine podman image umount localhost/out:1 >/dev/null
	engine podman save -q --format docker-archive -o saved.tar localhost/out:1
	shale import docker-archive:saved.tar saved >/dev/null
	unpack_merged saved saved
	assert_content saved/srv/file content
}
once_as root "buildah's image, and podman load"
