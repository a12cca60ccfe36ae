#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# shale opens podman's own directory of layers, reads it, and makes layers on it. Its marks are
# devices (the kernel's overlayfs) or files (a mount_program).
. "${0%/*}/../e2e/lib.sh"
. "$here/../engines/lib-engines.sh"
[ -n "${case_of-}" ] || prepare_engines

engine_shale() { # COMMAND...
	"$SHALE" --home "$PWD/$backend/root/overlay" --run "$PWD/run" "$@"
}

layer_of_image() { # NAME
	podman image inspect --format '{{.GraphDriver.Data.UpperDir}}' "$1" | sed 's,/diff$,,;s,.*/,,'
}

scenario() {
	local top path before
	needs podman crun
	configure_engine "$backend"
	podman import -q "$scratch/base.tar" base:1 >/dev/null
	podman run --name c1 base:1 sh -ec 'echo hello >/etc/motd; rm -r /usr/share/doc/bash
		rm -r /etc/skel && mkdir /etc/skel && echo only >/etc/skel/only'
	podman commit -q c1 new:1 >/dev/null
	top=$(layer_of_image new:1)
	before=$(find "$backend/root/overlay" | sort | sha256sum)
	engine_shale changes "$top" >changes
	for line in 'C /etc/motd' 'D /usr/share/doc/bash' 'A /etc/skel/only' 'D /etc/skel/.profile'; do
		grep -qxF "$line" changes || assert_eq "$(<changes)" "... $line ..."
	done
	"$SHALE" --home "$PWD/home" --run "$PWD/run" create --rw \
		--parent "$PWD/$backend/root/overlay/$top" mine >/dev/null
	path=$("$SHALE" --home "$PWD/home" --run "$PWD/run" get mine)
	assert_content "$path/etc/motd" hello
	assert_names "$path/etc/skel" only
	[ ! -e "$path/usr/share/doc/bash" ]
	"$SHALE" --home "$PWD/home" --run "$PWD/run" put mine
	assert_eq "$(find "$backend/root/overlay" | sort | sha256sum)" "$before" "podman's directory"
	podman rm c1 >/dev/null
	stop_engine "$backend"
}
on_each_backend_as root "podman's layers are read, and built upon"
