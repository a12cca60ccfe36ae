#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Tests which of an image's platforms is imported.
. "${0%/*}/lib.sh"
. "$here/lib-image.sh"

for_platform() { # DESCRIPTOR ARCHITECTURE [VARIANT]
	with "$1" "\"platform\":{\"os\":\"linux\",\"architecture\":\"$2\"${3:+,\"variant\":\"$3\"}}"
}

# Makes a layout of one image for several platforms, with the tag v1. Each platform's config has a label
# of its own.
layout_for() { # LAYOUT ARCHITECTURE[/VARIANT]...
	local layout=$1 entries=() platform arch config
	shift
	layer=$(blob "$layout" one.tar application/vnd.oci.image.layer.v1.tar)
	for platform; do
		arch=${platform%/*}
		config_of "$(digest_of one.tar)" |
			sed "s/\"architecture\":\"[^\"]*\"/\"architecture\":\"$arch\"/; s/\"x\":\"y\"/\"for\":\"${platform/\//-}\"/" \
				>config.tmp
		config=$(blob "$layout" config.tmp "$config_type")
		entries+=("$(for_platform "$(manifest_of "$layout" "$config" "$layer")" \
			"$arch" "$(cut -d/ -sf2 <<<"$platform")")")
	done
	printf '{"schemaVersion":2,"manifests":[%s]}' "$(joined "${entries[@]}")" >index.tmp
	index_of "$layout" "$(tagged "$(blob "$layout" index.tmp "$index_type")" v1)"
}

assert_for() { # WANTED OPTION...
	local wanted=$1
	shift
	shale import "$@" app >/dev/null
	assert_eq "$(shale --json inspect app | grep -o '"for": "[^"]*"')" "\"for\": \"$wanted\""
	shale rmi app
}

scenario() {
	layer_tars
	layout_for layout amd64 arm64/v8 arm/v6 arm/v7 riscv64
	assert_for arm64-v8 --platform linux/arm64 layout
	assert_for arm64-v8 --platform linux/aarch64 oci:layout:v1
	assert_for arm-v7 --platform linux/arm layout
	assert_for arm-v6 --platform linux/arm/v6 layout
	assert_for riscv64 --platform linux/riscv64 layout
	assert_clear_error \
		'no image for linux/s390x in the index; there is: linux/amd64, linux/arm64/v8, linux/arm/v6, linux/arm/v7' \
		shale import --platform linux/s390x layout
	assert_clear_error 'no image for windows/amd64' shale import --platform windows/amd64 layout
	assert_clear_error "'arm64' is no platform" shale import --platform arm64 layout
	no_layers_named
	shale import --platform linux/arm64 layout app >/dev/null
	shale export app docker-archive:docker.tar
	assert_for arm64-v8 --platform linux/arm64 docker.tar
	assert_for arm64-v8 docker.tar
	assert_clear_error 'no image for linux/amd64; there is: linux/arm64' \
		shale import --platform linux/amd64 docker.tar
	shale import --platform linux/arm64 one.tar root >/dev/null
	shale --json inspect root >seen
	grep -q '"architecture": "arm64"' seen
	grep -q '"variant": "v8"' seen
}
no_layers_named() {
	assert_eq "$(shale --json images)" '[]'
}
once_as root 'the platform that is asked for is imported'

scenario() {
	layer_tars
	layout_for layout amd64 arm64
	shale import --platform linux/amd64 layout first >/dev/null
	shale export first docker-archive:docker.tar:a/b
	tar -C layout -xf docker.tar
	tar -C layout -cf both.tar .
	assert_for amd64 both.tar
	assert_for arm64 --platform linux/arm64 both.tar
}
once_as root 'an archive of both kinds has all its platforms'

# Puts an artifact of this kind into the layout, as BuildKit, cosign or oras do, and prints its entry.
artifact() { # LAYOUT KIND
	local entry config=$config type=application/vnd.in-toto+json
	echo "{\"kind\":\"$2\"}" >artifact.tmp
	case $2 in
	signature) type=application/vnd.dev.cosign.simplesigning.v1+json ;;
	sbom) type=$layer_type config=$(blob "$1" artifact.tmp application/vnd.oci.empty.v1+json) ;;
	chart) type=application/vnd.cncf.helm.chart.content.v1.tar+gzip
		config=$(blob "$1" artifact.tmp application/vnd.cncf.helm.config.v1+json) ;;
	esac
	entry=$(manifest_of "$1" "$config" "$(blob "$1" artifact.tmp "$type")")
	case $2 in
	attestation) entry=$(with "$(for_platform "$entry" unknown)" \
		"\"annotations\":{\"vnd.docker.reference.type\":\"attestation-manifest\"}") ;;
	signature) entry=$(tagged "$entry" sha256-abc.sig) ;;
	esac
	printf '%s' "$entry"
}

# Tools list such artifacts beside an image. The import finds the image without a hint.
scenario() {
	local kind wanted others=()
	layer_type=application/vnd.oci.image.layer.v1.tar
	layer_tars
	layout_of layout one.tar two.tar
	wanted=$(shale import oci:layout wanted)
	for kind in attestation signature sbom chart provenance; do
		others+=("$(artifact layout $kind)")
		index_of layout "${others[-1]}" "$(tagged "$manifest" v1)"
		assert_eq "$(shale import oci:layout app)" "$wanted" "$kind beside a tagged image"
		index_of layout "${others[-1]}" "$manifest"
		assert_eq "$(shale import oci:layout app)" "$wanted" "$kind beside an image without a tag"
		printf '{"schemaVersion":2,"manifests":[%s,%s]}' "${others[-1]}" "$manifest" >index.tmp
		index_of layout "$(tagged "$(blob layout index.tmp "$index_type")" v1)"
		assert_eq "$(shale import oci:layout app)" "$wanted" "$kind in an index of platforms"
	done
	index_of layout "${others[@]}" "$(tagged "$manifest" v1)" "$(tagged "$manifest" v2)"
	assert_clear_error 'which tag? there are: v1, v2' shale import oci:layout
	assert_clear_error 'sha256-abc.sig' shale import oci:layout:sha256-abc.sig
	shale rmi wanted
	shale rmi app
	shale import --all-tags oci:layout >/dev/null
	assert_eq "$(shale --json images | grep -c '"layers"')" 2 'all tags are those of images'
	index_of layout "${others[@]}"
	assert_clear_error 'no image, but 5 artifacts' shale import oci:layout
}
once_as root 'attestations, signatures, SBOMs and charts are no images'
