#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# podman runs images whose layers lie in a store of shale's, without a copy of them: an additional image
# store, as root and as a plain user, on the kernel's overlayfs and on shale-fuse.
. "${0%/*}/../e2e/lib.sh"
. "$here/../engines/lib-engines.sh"
[ -n "${case_of-}" ] || prepare_engines

# Runs shale in the namespace where podman works: a plain user's podman has a user namespace.
shale_there() { # COMMAND...
	local words=(env SHALE_FUSE="$SHALE_FUSE" LD_LIBRARY_PATH="${LD_LIBRARY_PATH-}"
		"$SHALE" --home "$PWD/home" --run "$PWD/run")
	if [ "$kind" = root ]; then
		engine "$backend" "${words[@]}" "$@"
	else
		podman unshare "${words[@]}" "$@"
	fi
}

make_images() {
	shale_there import "tar:$scratch/base.tar" base >/dev/null
	shale_there create --rw --parent base work >/dev/null
	# Mount in podman's namespace, so that the mount ends with it.
	printf 'm=$("$@" get work)\nrm -r "$m/usr/share/doc/bash" "$m/etc/skel"\nmkdir "$m/etc/skel"
		echo hello >"$m/etc/motd"\n"$@" put work\n' >change.sh
	local words=(env SHALE_FUSE="$SHALE_FUSE" LD_LIBRARY_PATH="${LD_LIBRARY_PATH-}"
		"$SHALE" --home "$PWD/home" --run "$PWD/run")
	if [ "$kind" = root ]; then
		sh -e change.sh "${words[@]}"
	else
		podman unshare sh -e "$PWD/change.sh" "${words[@]}"
	fi
	shale_there commit work app >/dev/null
	shale_there rm work
	shale_there tag app app:1
}

write_images() {
	# shale engine exits with 1 on the kernel's overlayfs, where podman needs no mount_program.
	shale_there engine podman --images "$PWD/images" >said || [ "$backend" = kernel ]
	grep -q "^images *yes $1 were written$" said || assert_eq "$(<said)" "$1 images"
}

add_images() {
	sed -i "/^\[storage.options.overlay\]/,\$d" "$backend/storage.conf"
	printf '[storage.options]\nadditionalimagestores = [ "%s" ]\n' "$PWD/images" >>"$backend/storage.conf"
	[ "$backend" = kernel ] || printf '[storage.options.overlay]\nmount_program = "%s"\n' "$SHALE_FUSE" \
		>>"$backend/storage.conf"
}

scenario() {
	needs podman crun jq
	configure_engine "$backend"
	make_images
	write_images 2
	find images home -ls | sed 's/ [0-9]* /  /' >before
	add_images
	assert_eq "$(podman images --format '{{.Repository}}:{{.Tag}} {{.ReadOnly}}' | sort)" \
		$'localhost/app:1 true\nlocalhost/base:latest true'
	assert_eq "$(podman run --rm app:1 sh -c 'cat /etc/motd; ls -A /etc/skel; ls /usr/share/doc | grep -c -x bash')" \
		$'hello\n0'
	assert_eq "$(podman run --rm base sh -c 'ls -d /usr/share/doc/bash; stat -c %U:%G /var/mail')" \
		$'/usr/share/doc/bash\nroot:mail'
	podman run --name one app:1 sh -c 'echo new >/etc/motd; rm -r /usr/share/common-licenses'
	assert_eq "$(podman diff one | grep -c -e '^C /etc/motd$' -e '^D /usr/share/common-licenses$')" 2
	podman rm one >/dev/null
	assert_fails 'read-only' podman rmi base
	# No file of an image was copied, and podman changed nothing in the store.
	[ "$(du -s --apparent-size "$backend" | cut -f 1)" -lt 5000 ]
	find images home -ls | sed 's/ [0-9]* /  /' | diff before -

	# A layer stays while podman can see it, and can be removed after that.
	shale_there rmi app:1
	assert_fails podman shale_there rm app
	write_images 1
	assert_eq "$(podman images --format '{{.Repository}}')" localhost/base
	shale_there rm app
	write_images 1
	assert_names images/overlay "$(podman inspect base --format '{{slice (index .RootFS.Layers 0) 7}}') l"
	podman run --rm base true
	stop_engine "$backend"
}
on_each_backend_as 'root user' "podman runs shale's images where they lie"
