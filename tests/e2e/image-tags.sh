#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Sources with several images and names.
. "${0%/*}/lib.sh"
. "$here/lib-image.sh"

# Makes a docker archive of three images: one has two names, one has one name, and the same image is
# there without a name.
archive_of_three() {
	mkdir saved
	for tar in one two; do
		config_of "$(digest_of $tar.tar)" >saved/$tar.json
		cp $tar.tar saved/
	done
	printf '[%s,%s,%s]' \
		'{"Config":"one.json","RepoTags":["a:1","reg.example/x/a:2","a:1"],"Layers":["one.tar"]}' \
		'{"Config":"two.json","RepoTags":["b:latest"],"Layers":["two.tar"]}' \
		'{"Config":"two.json","RepoTags":null,"Layers":["two.tar"]}' >saved/manifest.json
	tar -C saved -cf saved.tar .
}

tags_of() { # ARCHIVE
	tar -xOf "$1" manifest.json | grep -o '"RepoTags":[^]]*]'
}

status_of() { # COMMAND...
	local status=0
	"$@" >/dev/null 2>&1 || status=$?
	echo $status
}

scenario() {
	layer_tars
	archive_of_three
	assert_clear_error 'which image? there are: a:1, reg.example/x/a:2, a:1, b:latest' \
		shale import saved.tar
	shale import --all-tags saved.tar >seen
	one=$(digest_of one.tar | cut -d: -f2) two=$(digest_of two.tar | cut -d: -f2)
	assert_eq "$(tail -n +2 seen | tr -s ' ' | sort)" "a:1 $one
b:latest $two
reg.example/x/a:2 $one"
	assert_eq "$(shale --json import --all-tags - <saved.tar | grep -c '"id"')" 3
	assert_eq "$(shale --json images | grep -c '"name"')" 3
	assert_clear_error 'one name, but not both' shale import --all-tags docker-archive:saved.tar:b
	assert_clear_error 'has no tags' shale import --all-tags one.tar
	assert_eq "$(status_of shale import --all-tags saved.tar name)" 2
	shale export a:1 docker-archive:one-name.tar
	assert_eq "$(tags_of one-name.tar)" '"RepoTags":["a:1"]'
	shale check
}
once_as 'root userns' 'import takes all names of an archive'

scenario() {
	layer_tars
	archive_of_three
	sed -i 's/\("one.tar"\]}\).*/\1]/' saved/manifest.json
	shale import saved >/dev/null
	shale export a:1 docker-archive:out.tar
	assert_eq "$(tags_of out.tar)" '"RepoTags":["a:1","reg.example/x/a:2"]'
	shale export a:1 docker-archive:out.tar:c/d
	assert_eq "$(tags_of out.tar)" '"RepoTags":["c/d:latest"]'
	shale tag a:1 other:3
	shale export other:3 docker-archive:out.tar
	assert_eq "$(tags_of out.tar)" '"RepoTags":["other:3"]'
	tar -C saved -cf saved.tar .
	shale import saved.tar mine:1 >/dev/null
	shale export mine:1 docker-archive:out.tar
	assert_eq "$(tags_of out.tar)" '"RepoTags":["mine:1"]'
	shale import docker-archive:saved.tar:a:1 >/dev/null
	shale export a:1 docker-archive:out.tar
	assert_eq "$(tags_of out.tar)" '"RepoTags":["a:1"]'
}
once_as root 'the names of a docker archive go out as they came in'

scenario() {
	layer_tars
	layout_of layout one.tar
	index_of layout "$(tagged "$manifest" v1)" "$(tagged "$manifest" full/name:2)" \
		"$(tagged "$manifest" v1)" "$manifest"
	shale import --all-tags layout >seen
	assert_eq "$(tail -n +2 seen | cut -d' ' -f1 | sort | tr '\n' ' ')" 'full/name:2 layout:v1 '
	assert_eq "$(shale --json images | grep -o '"name": "[^"]*"' | tr '\n' ' ')" \
		'"name": "full/name:2" "name": "layout:v1" '
	index_of layout "$manifest"
	assert_clear_error 'there is no name in it' shale import --all-tags layout
}
once_as root 'import takes all tags of a layout'

# Prints DESCRIPTOR in the form of Docker, BuildKit and containerd, with the full name apart from the
# tag.
fully_named() { # DESCRIPTOR NAME TAG
	with "$1" "\"annotations\":{\"io.containerd.image.name\":\"$2\",\"org.opencontainers.image.ref.name\":\"$3\"}"
}

annotations_of() { # LAYOUT
	grep -o '"annotations":{[^}]*}' "$1/index.json"
}

scenario() {
	layer_tars
	layout_of layout one.tar
	first=$manifest
	layout_of layout two.tar
	index_of layout "$(fully_named "$first" docker.io/library/a:1 1)" "$(fully_named "$manifest" reg.example/b:1 1)"
	assert_clear_error 'which tag? there are: docker.io/library/a:1, reg.example/b:1' shale import oci:layout:1
	shale import --all-tags layout >seen
	assert_eq "$(tail -n +2 seen | tr -s ' ' | sort)" "docker.io/library/a:1 $(digest_of one.tar | cut -d: -f2)
reg.example/b:1 $(digest_of two.tar | cut -d: -f2)"
	shale import oci:layout:a:1 mine/a >/dev/null
	for name in docker.io/library/a:1 mine/a; do
		shale export "$name" oci:out
	done
	assert_eq "$(annotations_of out)" '"annotations":{"org.opencontainers.image.ref.name":"docker.io/library/a:1","io.containerd.image.name":"docker.io/library/a:1"}
"annotations":{"org.opencontainers.image.ref.name":"mine/a","io.containerd.image.name":"docker.io/mine/a:latest"}'
	shale export mine/a oci:bare:v1
	assert_eq "$(annotations_of bare)" '"annotations":{"org.opencontainers.image.ref.name":"v1"}'
	shale check
}
once_as root "images of one tag keep the names that Docker's layouts tell apart"
