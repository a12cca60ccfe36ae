# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Images made by hand, byte by byte, so that a test can make one mistake in them. Sourced after lib.sh.

gz=application/vnd.oci.image.layer.v1.tar+gzip
config_type=application/vnd.oci.image.config.v1+json
manifest_type=application/vnd.oci.image.manifest.v1+json
index_type=application/vnd.oci.image.index.v1+json

digest_of() { # FILE
	sha256sum <"$1" | sed 's/^/sha256:/; s/ .*//'
}

# Puts FILE into the layout and prints its descriptor. TYPE is its media type.
blob() { # LAYOUT FILE TYPE
	local digest
	mkdir -p "$1/blobs/sha256"
	digest=$(digest_of "$2")
	cp "$2" "$1/blobs/sha256/${digest#sha256:}"
	printf '{"mediaType":"%s","digest":"%s","size":%d}' "$3" "$digest" "$(stat -c %s "$2")"
}

joined() { # WORD...
	local IFS=,
	printf '%s' "$*"
}

# Prints a config for this machine with these diff ids, and a history entry for each.
config_of() { # DIFF_ID...
	local ids=() history=() id
	for id; do
		ids+=("\"$id\"")
		history+=('{"created":"2020-01-02T03:04:05Z","created_by":"test"}')
	done
	history+=('{"created":"2020-01-02T03:04:05Z","created_by":"CMD","empty_layer":true}')
	printf '{"created":"2020-01-02T03:04:05Z","architecture":"%s","os":"linux",' "$(goarch)"
	printf '"config":{"Env":["A=b"],"Cmd":["/bin/true"],"Labels":{"x":"y"}},'
	printf '"rootfs":{"type":"layers","diff_ids":[%s]},' "$(joined "${ids[@]}")"
	printf '"history":[%s]}' "$(joined "${history[@]}")"
}

goarch() {
	case $(uname -m) in
	x86_64) echo amd64 ;;
	aarch64) echo arm64 ;;
	*) uname -m ;;
	esac
}

# Writes index.json with these entries.
index_of() { # LAYOUT ENTRY...
	local layout=$1
	shift
	printf '{"imageLayoutVersion":"1.0.0"}' >"$layout/oci-layout"
	printf '{"schemaVersion":2,"manifests":[%s]}' "$(joined "$@")" >"$layout/index.json"
}

# Prints DESCRIPTOR with one more field.
with() { # DESCRIPTOR FIELD
	printf '%s,%s}' "${1%\}}" "$2"
}

tagged() { # DESCRIPTOR TAG
	with "$1" "\"annotations\":{\"org.opencontainers.image.ref.name\":\"$2\"}"
}

# Writes the manifest of CONFIG_DESCRIPTOR and LAYER_DESCRIPTORs, and prints its descriptor.
manifest_of() { # LAYOUT CONFIG_DESCRIPTOR LAYER_DESCRIPTOR...
	local layout=$1 config=$2
	shift 2
	printf '{"schemaVersion":2,"mediaType":"%s","config":%s,"layers":[%s]}' \
		"$manifest_type" "$config" "$(joined "$@")" >manifest.tmp
	blob "$layout" manifest.tmp "$manifest_type"
}

# Makes the tars of two trees: one.tar, and two.tar with a whiteout and an opaque directory.
layer_tars() {
	mkdir -p t1/etc t1/usr/bin t1/gone t2/etc t2/usr/bin
	echo hosts >t1/etc/hosts
	echo old >t1/etc/motd
	echo tool >t1/usr/bin/tool
	chmod 4755 t1/usr/bin/tool
	ln t1/usr/bin/tool t1/usr/bin/same
	ln -s tool t1/usr/bin/link
	echo x >t1/gone/x
	echo new >t2/etc/motd
	touch t2/.wh.gone t2/usr/bin/.wh..wh..opq
	echo fresh >t2/usr/bin/fresh
	find t1 t2 -exec touch -h -d @1000000000 {} +
	tar -C t1 --numeric-owner --owner=0 --group=0 --sort=name -cf one.tar etc usr gone
	tar -C t2 --numeric-owner --owner=0 --group=0 --sort=name -cf two.tar .wh.gone etc usr
}

# Makes a layout of these tars, gzipped, with the tag v1. The first tar is the base. $layers gets the
# descriptors.
layout_of() { # LAYOUT TAR...
	local layout=$1 tar ids=()
	shift
	layers=()
	for tar; do
		gzip -n -c "$tar" >"$tar.gz"
		layers+=("$(blob "$layout" "$tar.gz" "$gz")")
		ids+=("$(digest_of "$tar")")
	done
	config_of "${ids[@]}" >config.json
	config=$(blob "$layout" config.json "$config_type")
	manifest=$(manifest_of "$layout" "$config" "${layers[@]}")
	index_of "$layout" "$(tagged "$manifest" v1)"
}

# Prints the chain id of a layer with DIFF_ID on PARENT, by the OCI specification.
chain_id() { # DIFF_ID [PARENT]
	if [ -n "${2-}" ]; then
		printf 'sha256:%s %s' "$2" "$1" | sha256sum | cut -d' ' -f1
	else
		echo "${1#sha256:}"
	fi
}

no_layers() {
	assert_eq "$(shale --json ls)" '[]' 'layers left'
	assert_eq "$(shale --json images)" '[]' 'images left'
	assert_names home/staging "$(names home/staging | grep -o '\.lock' || :)"
}

# Imports SOURCE, which must fail, print WORDS, and leave nothing behind.
assert_refused() { # WORDS SOURCE
	assert_clear_error "$1" shale import "$2"
	no_layers
}

layer_count() {
	shale --json ls | grep -o '"id"' | wc -l
}

# Unpacks the merged tree of IMAGE|ID in DIR.
unpack_merged() { # WHAT DIR
	shale export "$1" "tar:$2.tar"
	mkdir "$2"
	tar -C "$2" --numeric-owner --acls --xattrs --xattrs-include='*' -xpf "$2.tar"
	touch -d @1000000000 "$2" # no tar has the root itself
}
