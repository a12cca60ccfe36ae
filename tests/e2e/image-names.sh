#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Images have names, a history, and a size.
. "${0%/*}/lib.sh"
. "$here/lib-image.sh"

scenario() {
	layer_tars
	layout_of layout one.tar two.tar
	top=$(shale import oci:layout:v1 app:1)
	shale tag app:1 app
	shale tag app reg.example:5000/app:latest
	assert_eq "$(shale --json images | grep -o '"name": "[^"]*"' | cut -d'"' -f4 | tr '\n' ' ')" \
		'app app:1 reg.example:5000/app:latest '
	assert_eq "$(shale --json images | grep '"digest"' | sort -u | wc -l)" 1
	shale export app docker-archive:same.tar
	tar -xOf same.tar "$(digest_of config.json | cut -d: -f2).json" | cmp - config.json
	shale import docker-archive:same.tar same >/dev/null
	assert_eq "$(shale inspect same | sed -n 's/^Id: //p')" "$(digest_of config.json)"
	shale create --rw --parent reg.example:5000/app work >/dev/null
	shale rmi app:1
	shale rmi same
	assert_clear_error "no image and no layer 'app:1'" shale tag app:1 other
	assert_clear_error "cannot be empty" shale tag app ''
	assert_clear_error "control characters" shale tag app $'a\nb'
	assert_clear_error "layer 'work' is writable" shale tag work other
	echo new >"$(shale get work)/etc/new"
	shale put work
	shale commit --config User=5 --message 'one more' work done >/dev/null
	shale tag done done:1
	shale create --rw --parent done:1 next >/dev/null
	shale export next oci:out
	shale export done:1 oci:same
	shale import oci:same back >/dev/null
	assert_eq "$(shale --json inspect back | grep -o '"User": "5"')" '"User": "5"'
	shale check
}
once_as 'root userns' 'an image or a layer gets a name'

# A registry accepts a repository of 255 bytes and a tag of 128.
scenario() {
	local repository tag long
	repository=reg.example:5000/$(printf 'group/%.0s' {1..30})$(printf 'x%.0s' {1..50})
	tag=$(printf 't%.0s' {1..128})
	long=$repository:$tag
	layer_tars
	layout_of layout one.tar two.tar
	shale import oci:layout:v1 "$long" >/dev/null
	shale tag "$long" "${long}2"
	shale tag "$long" app
	assert_eq "$(shale --json images | grep -o '"name": "[^"]*"' | cut -d'"' -f4 | tr '\n' ' ')" "app $long ${long}2 "
	shale export "$long" docker-archive:long.tar
	shale rmi "$long"
	assert_clear_error 'no image' shale rmi "$long"
	assert_eq "$(shale --json images | grep -c '"name"')" 2
	shale import long.tar >/dev/null
	assert_eq "$(shale inspect "$long" | sed -n 's/^Name: //p')" "$long"
	shale create --rw --parent "$long" work >/dev/null
	shale check
	assert_clear_error 'too long' shale tag app "$(printf 'n%.0s' {1..513})"
}
once_as 'root userns' 'a name may be as long as a registry has it'

scenario() {
	layer_tars
	layout_of layout one.tar two.tar
	top=$(shale import oci:layout:v1 app)
	shale history app >seen
	assert_eq "$(tail -n +2 seen | awk '{ print $2, $3 }' | tr '\n' ' ')" \
		"0 - $(shale size "$top") $top $(shale size "$(digest_of one.tar | cut -d: -f2)") $(
			digest_of one.tar | cut -d: -f2) "
	shale create --rw --parent app work >/dev/null
	shale commit --author me --message why work done >/dev/null
	assert_eq "$(shale --json history done | grep -c '"created_by"')" 4
	assert_eq "$(shale --json history done | grep -m1 comment)" '    "comment": "why"'
	assert_eq "$(shale --json history done | grep -m1 author)" '    "author": "me",'
	assert_clear_error "layer 'work' is writable" shale history work
	assert_clear_error "no image and no layer 'nothing'" shale history nothing
	assert_eq "$(shale inspect app | grep -cE '^(Id|Name|Created|Layers|Size|Top|Config): ')" 7
	assert_eq "$(shale inspect app | sed -n 's/^Layers: //p')" 2
	assert_clear_error "no such layer or image 'a b'" shale inspect 'a b'
}
once_as 'root userns' 'an image tells how it was made'

scenario() {
	layer_tars
	head -c 1234567 /dev/zero >t1/big
	tar -C t1 -cf one.tar .
	layout_of layout one.tar two.tar
	shale import layout a:1 >/dev/null
	shale tag a:1 a:2
	assert_eq "$(shale images | awk 'NR > 1 { print $1, $6, $7 }' | tr '\n' ' ')" \
		'a:1 1.23MB 0B a:2 1.23MB 0B ' 'two names of one image share nothing'
	layout_of other one.tar
	shale import other b >/dev/null
	size=$(shale inspect b | sed -n 's/^Size: //p')
	whole=$(shale inspect a:1 | sed -n 's/^Size: //p')
	assert_eq "$(shale --json images | grep -E '"(size|shared)"' | tr -d ' \n')" \
		"\"size\":$whole,\"shared\":$size\"size\":$whole,\"shared\":$size\"size\":$size,\"shared\":$size"
	shale images | grep -qE '^a:1 +[0-9a-f]{12}  [0-9a-f]{12}  [0-9]+ years  1.23MB  1.23MB$'
}
once_as 'root userns' 'images prints ids, age and size'
