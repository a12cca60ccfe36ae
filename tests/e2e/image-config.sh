#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Exported configs: a layer keeps the config of the image from which it was made, with the user's
# changes.
. "${0%/*}/lib.sh"
. "$here/lib-image.sh"

# Makes two images, one and two, with the same layers. Their configs differ in Env.
two_images() {
	layer_tars
	layout_of layout one.tar two.tar
	top=$(shale import oci:layout:v1 one:latest)
	sed -i 's/A=b/A=two/' config.json
	config=$(blob layout config.json "$config_type")
	index_of layout "$(tagged "$(manifest_of layout "$config" "${layers[@]}")" v1)"
	assert_eq "$(shale import oci:layout:v1 two:latest)" "$top"
}

# Prints the config of shale's export of WHAT.
exported() { # WHAT [OPTION...]
	local manifest
	rm -rf out
	shale export "${@:2}" "$1" oci:out
	manifest=$(grep -o '"digest":"sha256:[0-9a-f]*' out/index.json | tail -n 1)
	manifest=out/blobs/sha256/${manifest##*:}
	config=$(grep -o '"config":{[^}]*}' "$manifest" | grep -o 'sha256:[0-9a-f]*')
	cat "out/blobs/sha256/${config##*:}"
}

variables() { # WHAT
	exported "$1" | grep -o '"Env":\[[^]]*\]'
}

work_on() { # ID
	local dir
	dir=$(shale get "$1")
	echo "$1" >"$dir/etc/by"
	shale put "$1"
}

scenario() {
	two_images
	shale create --rw --parent one a >/dev/null
	shale create --rw --parent two:latest b >/dev/null
	work_on a
	work_on b
	shale commit a A >/dev/null
	shale commit b B >/dev/null
	shale create --rw --parent B c >/dev/null
	for id in a A; do assert_eq "$(variables $id)" '"Env":["A=b"]'; done
	for id in b B c; do assert_eq "$(variables $id)" '"Env":["A=two"]'; done
	shale rmi one:latest
	shale rmi two:latest
	assert_eq "$(variables A)" '"Env":["A=b"]' 'the name is gone, the config is not'
	shale import oci:layout:v1 one:latest >/dev/null
	assert_eq "$(variables A)" '"Env":["A=b"]' 'the name has another config now'
	shale check
}
on_each_backend_as 'root userns' 'equal layers keep the configs of their own images'

scenario() {
	two_images
	shale create --rw --parent "$top" work >/dev/null
	assert_clear_error "images 'one:latest' and 'two:latest' have its layers" \
		shale export work oci:out
	assert_clear_error "images 'one:latest' and 'two:latest' have its layers" \
		shale export "$top" oci:out
	shale rmi two:latest
	assert_eq "$(variables work)" '"Env":["A=b"]'
	shale create --rw two:latest >/dev/null || :
	shale create --rw one >/dev/null
	assert_eq "$(shale create --rw --parent one:latest child)" child
	assert_clear_error 'is both an image and another layer' shale create --parent one other
	assert_clear_error "no such layer" shale create --parent nobody other
}
once_as root 'export is refused if no record tells the image of the layers'

scenario() {
	layer_tars
	layout_of layout one.tar
	shale import oci:layout:v1 app >/dev/null
	shale create --rw --parent app work >/dev/null
	work_on work
	shale commit --config Env=A=c --config Env=PATH=/bin --config 'Cmd=["/bin/run","it"]' \
		--config User=7 --config WorkingDir=/etc --config Labels=x= --config labels=a.b=c=d \
		--config ExposedPorts=80/tcp --config Volumes=/data --config StopSignal=SIGHUP \
		--author 'A. N. Other' --message 'it runs' work new >/dev/null
	exported new >text
	for want in '"Env":["A=c","PATH=/bin"]' '"Cmd":["/bin/run","it"]' '"User":"7"' \
		'"WorkingDir":"/etc"' '"x":""' '"a.b":"c=d"' '"ExposedPorts":{"80/tcp":{}}' \
		'"Volumes":{"/data":{}}' '"StopSignal":"SIGHUP"' '"author":"A. N. Other"' \
		'"comment":"it runs"' '"created_by":"shale layer new"'; do
		grep -qF "$want" text || { echo "no $want" && cat text && false; }
	done
	assert_eq "$(variables app)" '"Env":["A=b"]' 'the image itself stays'
	exported new --config Entrypoint='exec "$@"' --config Env= --message later >text
	grep -qF '"Entrypoint":["/bin/sh","-c","exec \"$@\""]' text
	refute grep -qE '"(Cmd|Env)"' text
	grep -qF '"comment":"later"' text
	exported app --config User=9 >text
	grep -qF '"created_by":"shale export"' text
	assert_eq "$(grep -o '"empty_layer":true' text | wc -l)" 2
	assert_clear_error "config 'User': no such key" shale export --config User new oci:out2
	assert_clear_error "config 'Nothing=x': no such key" \
		shale export --config Nothing=x new oci:out2
	assert_clear_error "Env='A' is not NAME=VALUE" shale export --config Env=A new oci:out2
	assert_clear_error "Labels='=b' is not NAME=VALUE" \
		shale export --config Labels==b new oci:out2
	assert_clear_error "is not a list of strings" \
		shale export --config 'Cmd=["a",1]' new oci:out2
	assert_clear_error "Cmd='[': not JSON" shale commit --config 'Cmd=[' work never
	assert_clear_error "config 'User' is not UTF-8" \
		shale export --config "User=$(printf '\377')" new oci:out2
	assert_absent out2
}
once_as 'root userns' 'commit and export change the config'

scenario() {
	shale create --rw scratch >/dev/null
	shale commit --config Cmd=ls scratch first >/dev/null
	exported first | grep -qF '"Cmd":["/bin/sh","-c","ls"]'
	shale create --rw --parent first next >/dev/null
	shale commit --config User=3 next second >/dev/null
	exported second >text
	grep -qF '"Cmd":["/bin/sh","-c","ls"]' text
	grep -qF '"User":"3"' text
	assert_eq "$(grep -o '"created_by"' text | wc -l)" 2
	assert_eq "$(shale import oci:out back >/dev/null && variables back | wc -l)" 0
}
once_as root 'an image made from nothing gets a config, too'
