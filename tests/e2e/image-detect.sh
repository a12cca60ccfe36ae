#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Imports a path without a word for its kind, and reads pipes instead of files.
. "${0%/*}/lib.sh"
. "$here/lib-image.sh"

# Checks that NAME is the whole image of layout_of, whichever source it came from.
assert_whole() { # NAME
	assert_eq "$(shale inspect "$1" | sed -n 's/^Id: //p')" "$(digest_of config.json)" "$1"
	shale rmi "$1"
}

scenario() {
	layer_tars
	layout_of layout one.tar two.tar
	shale import layout >/dev/null
	shale export layout:v1 oci-archive:oci.tar
	shale export layout:v1 docker-archive:docker.tar:a/b:1
	assert_whole layout:v1
	gzip -k oci.tar docker.tar
	zstd -q oci.tar docker.tar
	for file in {oci,docker}.tar{,.gz,.zst}; do
		shale import "$file" from-file >/dev/null
		assert_whole from-file
		shale import - from-stdin <"$file" >/dev/null
		assert_whole from-stdin
		cat "$file" | shale import - from-pipe >/dev/null
		assert_whole from-pipe
	done
	shale import - <docker.tar >/dev/null
	assert_whole a/b:1
	mkdir saved both
	tar -C saved -xf docker.tar
	shale import saved >/dev/null
	assert_whole a/b:1
	tar -C both -xf oci.tar
	tar -C both -xf docker.tar
	tar -C both -cf both.tar .
	shale import both.tar >/dev/null
	assert_whole a/b:1
}
once_as 'root userns' 'import finds out what kind of image a path holds'

scenario() {
	layer_tars
	layout_of layout one.tar
	for file in one.tar one.tar.gz; do
		for from in "$file" tar:"$file"; do
			shale diff "$(shale import "$from" root)" | cmp one.tar
			shale rmi root
		done
		assert_eq "$(shale import tar:- root <"$file")" "$(digest_of one.tar | cut -d: -f2)"
		shale rmi root
	done
	# A root filesystem may have files with the names of an archive's documents. It is not an
	# archive.
	mkdir -p t3/app
	echo '{"name": "an app", "icons": []}' >t3/manifest.json
	echo '[1' >t3/oci-layout
	tar -C t3 -cf three.tar .
	shale import three.tar web >/dev/null
	unpack_merged web out
	cmp t3/manifest.json out/manifest.json
	# A file from which something was read before is a stream.
	{ head -c 7 >/dev/null && shale import - rest >/dev/null; } < <(printf '1234567' && cat one.tar)
	mkdir t3/etc
	assert_clear_error 'is a directory, and no OCI layout' shale import t3
	assert_clear_error 'No such file' shale import nothing.tar
}
once_as 'root userns' 'a root filesystem is told from an archive of an image'

scenario() {
	layer_tars
	layout_of layout one.tar two.tar
	shale import layout app >/dev/null
	shale export app oci-archive:- | cat >oci.tar
	shale export app docker-archive:-:x/y >docker.tar
	shale export app - | tar -t | grep -x etc/hosts
	shale export app tar:- | cmp - <(shale export app -)
	shale rmi app
	shale import oci.tar app >/dev/null
	assert_whole app
	shale import docker.tar >/dev/null
	assert_whole x/y:latest
	assert_clear_error 'cannot go through a pipe' shale export layout oci:-
	assert_clear_error 'cannot go through a pipe' shale import oci:-
	assert_fails test -e ./-
}
once_as 'root userns' 'an archive goes through a pipe'

scenario() {
	layer_tars
	shale import one.tar app >/dev/null
	shale create --rw work >/dev/null
	for words in 'export app docker-archive:-' 'export app -' 'export app tar:/dev/tty' \
		'diff work' 'import -' 'import oci-archive:-' 'apply work'; do
		script -qec "$SHALE --home home --run run $words" /dev/null </dev/null >said || :
		grep -q terminal said || fail "$words: $(cat said)"
	done
}
if type -p script >/dev/null; then
	once_as root 'no archive goes to or comes from a terminal'
fi

# Refuses an archive in a form that no tool writes any more. Does not take it for a root filesystem.
scenario() {
	local first second
	layer_tars
	first=$(printf 'a%.0s' {1..64}) second=$(printf 'b%.0s' {1..64})
	mkdir -p old/"$first" old/"$second"
	cp one.tar old/"$first"/layer.tar
	cp two.tar old/"$second"/layer.tar
	echo "{\"id\":\"$first\"}" >old/"$first"/json
	echo "{\"x/y\":{\"1\":\"$second\"}}" >old/repositories
	tar -C old -cf old.tar .
	assert_clear_error 'as Docker before 1.10 wrote it' shale import old.tar
	no_layers
	config_of "$(digest_of one.tar)" "$(digest_of two.tar)" >old/"$first$first".json
	printf '[{"Config":"%s.json","RepoTags":["x:1"],"Layers":["%s/layer.tar","%s/layer.tar"]}]' \
		"$first$first" "$first" "$second" >old/manifest.json
	tar -C old -cf both.tar .
	shale import both.tar >/dev/null
	assert_eq "$(shale inspect x:1 | sed -n 's/^Id: //p')" "$(digest_of old/"$first$first".json)"
}
once_as root 'an image without a manifest, as old versions of Docker wrote it'
