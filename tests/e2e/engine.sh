#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# shale engine: prints the configuration for each version of an engine, and checks it with remedies. The
# engines are scripts here; tests/engines asks real ones.
. "${0%/*}/lib.sh"
. "$here/lib-docker.sh"
. "$here/lib-snapshotter.sh"

# Makes a program that prints LINE. CASES are arms of a shell `case` over the program's arguments,
# tried before.
make_program() { # NAME LINE [CASES]
	mkdir -p bin
	printf '#!/bin/sh\ncase "$*" in\n%s\n*) echo "%s" ;;\nesac\n' "${3-}" "$2" >"bin/$1"
	chmod 755 "bin/$1"
}

engine() { # ENGINE OPTION...
	# Each engine is a script in bin, or missing.
	PATH=$PWD/bin:$PATH shale engine "$@"
}

configuration() { # ENGINE OPTION...
	(engine "$@" --json || true) | jq -r '.files[] | "\(.path)\n\(.text)"'
}

check_of() { # NAME -- reads the JSON answer
	jq -r --arg name "$1" '.checks[] | select(.name == $name) | "\(.works) \(.reason)\n\(.remedy)"'
}

containerd_section="[proxy_plugins.shale]
  type = \"snapshot\"
  address = \"/run/shale/snapshotter.sock\""

scenario() {
	needs_jq
	make_program ctr 'connection refused' '*version*) echo "connection refused"; exit 1 ;;'
	make_program containerd 'containerd github.com/containerd/containerd 1.6.20~ds1 1.6.20~ds1-1'
	assert_eq "$(configuration containerd)" "/etc/containerd/config.toml
version = 2
$containerd_section"
	make_program containerd 'containerd github.com/containerd/containerd/v2 2.1.9 1-1'
	configuration containerd >said
	assert_eq "$(head -n 6 said)" "/etc/containerd/config.toml
version = 3
$containerd_section
  capabilities = [\"remap-ids\"]"
	grep -q "^\[\[plugins.'io.containerd.transfer.v1.local'.unpack_config\]\]" said
	make_program docker '' '*) echo "is the docker daemon running?"; exit 1 ;;'
	make_program dockerd 'Docker version 20.10.24+dfsg1, build 5d6db84'
	assert_eq "$(configuration docker)" '/etc/docker/daemon.json
{ "experimental": true, "storage-driver": "shale" }'
	XDG_RUNTIME_DIR=/r HOME=/h configuration docker --user >said
	assert_eq "$(sed '2d; /^$/d' said)" '/h/.config/docker/daemon.json
/etc/docker/plugins/shale.spec
unix:///r/shale/docker.sock'
	make_program dockerd 'Docker version 24.0.9, build 1'
	HOME=/h configuration docker --user >said
	grep -qx '/h/.config/docker/plugins/shale.spec' said
	make_program dockerd 'Docker version 28.5.2, build 1'
	configuration docker >said
	grep -q '"containerd-snapshotter": true' said
	grep -qF "$containerd_section" said
	grep -qx 'version = 3' said
	make_program containerd 'containerd github.com/containerd/containerd 1.7.24~ds1 1'
	configuration docker >said
	grep -qx 'version = 2' said
	grep -qx '  capabilities = ."remap-ids".' said
	make_program podman 'podman version 5.4.2'
	assert_eq "$(configuration podman | sed "s,$SHALE_FUSE,PROGRAM,")" '/etc/containers/storage.conf
[storage]
driver = "overlay"
runroot = "/run/containers/storage"
graphroot = "/var/lib/containers/storage"
[storage.options.overlay]
mount_program = "PROGRAM"'
	HOME=/h configuration podman --user >said
	assert_eq "$(sed "s,$SHALE_FUSE,PROGRAM," said)" '/h/.config/containers/storage.conf
[storage]
driver = "overlay"
[storage.options.overlay]
mount_program = "PROGRAM"'
	assert_names home 'images l shale.json staging trash'
	assert_no_rubbish
}

needs_jq() {
	command -v jq >/dev/null || skip 'no jq'
}
once_as 'root user userns' 'shale engine prints the configuration for the version that is there'

# Each error is printed with its remedy, and the exit status is 1.
scenario() {
	needs_jq
	make_program containerd 'containerd github.com/containerd/containerd 1.6.20~ds1 1.6.20~ds1-1'
	make_program ctr 'connection refused' '*version*) echo "connection refused"; exit 1 ;;'
	ln -s "$SHALE_FUSE" bin/shale-fuse
	export PATH=$PWD/bin:$PATH
	refute engine containerd --socket "$PWD/nothing" >/dev/null
	engine containerd --socket "$PWD/nothing" --json >said || true
	assert_eq "$(check_of socket <said)" "false $PWD/nothing: No such file or directory
systemctl enable --now shale-snapshotter.socket"
	assert_eq "$(check_of containerd <said)" 'false ctr: connection refused
start containerd, or name its socket in CONTAINERD_ADDRESS'
	assert_eq "$(check_of snapshotter <said)" ''
	assert_eq "$(check_of mount <said)" "true a layer was mounted and written to"

	# A daemon that lists another snapshotter, or ours as one that failed.
	start_snapshotter
	for line in 'io.containerd.snapshotter.v1 overlayfs - ok' 'io.containerd.grpc.v1 shale - ok' \
		'io.containerd.snapshotter.v1 shalex - ok'; do
		make_program ctr "$line" '*version*) echo Server: ;;'
		engine containerd --socket "$PWD/snapshotter.sock" --json >said || true
		assert_eq "$(check_of socket <said)" "true $PWD/snapshotter.sock"
		assert_eq "$(check_of containerd <said)" 'true it answers'
		assert_eq "$(check_of snapshotter <said | head -n 1)" "false containerd lists no snapshotter 'shale'"
	done
	make_program ctr 'io.containerd.snapshotter.v1 shale - error' '*version*) echo Server: ;;'
	engine containerd --socket "$PWD/snapshotter.sock" --json >said || true
	assert_eq "$(check_of snapshotter <said)" "false containerd lists 'shale' with the status 'error'
ctr plugins ls -d says why"
	make_program ctr 'io.containerd.snapshotter.v1 shale - ok
io.containerd.transfer.v1 local - error' '*version*) echo Server: ;;'
	engine containerd --socket "$PWD/snapshotter.sock" --json >said || true
	assert_eq "$(check_of snapshotter <said | head -n 1)" 'true containerd lists it'
	assert_eq "$(check_of transfer <said | head -n 1)" "false containerd lists 'local' with the status 'error'"
	make_program ctr 'io.containerd.snapshotter.v1 shale - ok' '*version*) echo Server: ;;'
	engine containerd --socket "$PWD/snapshotter.sock" >said
	grep -q '^snapshotter *yes containerd lists it$' said

	# A check notices a socket where the other service answers.
	make_program dockerd 'Docker version 20.10.24+dfsg1, build 5d6db84'
	make_program docker shale
	engine docker --socket "$PWD/snapshotter.sock" --json >said || true
	assert_eq "$(check_of socket <said)" "false $PWD/snapshotter.sock: another service answers there
give the path of shale's own socket with --socket"
	stop_snapshotter
	start_plugin
	engine docker --socket "$PWD/plugin.sock"
	make_program docker overlay2
	engine docker --socket "$PWD/plugin.sock" --json >said || true
	assert_eq "$(check_of driver <said | tail -n 1)" "write the lines above into Docker's configuration and restart it"
	engine containerd --socket "$PWD/plugin.sock" --json >said || true
	assert_eq "$(check_of socket <said | head -n 1)" "false $PWD/plugin.sock: another service answers there"
	stop_plugin
	assert_names home 'images l shale.json staging trash'
	assert_no_rubbish
}
on_each_backend 'shale engine prints each error with its remedy'

# The socket belongs to another user, or nobody listens at it.
scenario() {
	needs_jq
	make_program containerd 'containerd github.com/containerd/containerd 1.6.20~ds1 1.6.20~ds1-1'
	make_program ctr 'io.containerd.snapshotter.v1 shale - ok' '*version*) echo Server: ;;'
	start_snapshotter
	chmod 0 snapshotter.sock
	engine containerd --socket "$PWD/snapshotter.sock" --json >said || true
	assert_eq "$(check_of socket <said)" "false $PWD/snapshotter.sock: Permission denied
run it as the user that the service belongs to, root as a rule"
	chmod 600 snapshotter.sock
	kill -KILL $snapshotter
	wait $snapshotter || true
	engine containerd --socket "$PWD/snapshotter.sock" --json >said || true
	assert_eq "$(check_of socket <said)" "false $PWD/snapshotter.sock: Connection refused
systemctl enable --now shale-snapshotter.socket"
}
only_backend=fuse on_each_backend_as user 'shale engine tells a socket of another user from one without a service'

# The engine hangs, or leaves a process behind that holds its output open: the command must end all
# the same.
scenario() {
	needs_jq
	mkdir storage
	make_program podman storage "--version) echo podman version 5.4.2; sleep 1000 & exit ;;
		*GraphRoot*) echo a warning >&2; echo $PWD/storage ;;
		*GraphOptions*) echo \"map[overlay.mount_program:/x/shale-fuse]\" ;;"
	engine podman
	assert_names storage ''
	SHALE_FUSE=/none engine podman --json >said || true
	assert_eq "$(check_of 'shale-fuse' <said | head -n 1)" 'false there is none'
	make_program podman '' "--version) echo podman version 5.4.2 ;;
		*) echo 'level=error msg=\"User-selected graph driver overwritten by graph driver\"'
			echo 'Error: vfs driver does not support overlay.mount_program options'; exit 125 ;;"
	engine podman --json >said || true
	assert_eq "$(check_of storage <said | tail -n 1)" \
		'podman keeps the driver that it began with: doc/engines.md says how to move'
	rm bin/podman
	PATH=$PWD/none:/bin:/usr/bin shale engine nobody || status=$?
	assert_eq "$status" 2
}
only_backend=fuse on_each_backend_as 'root user' 'shale engine podman: a trial of the mount program in its storage'

# Checks the directory that podman is shown: what images.json and layers.json say about an image of two
# layers.
scenario() {
	needs_jq
	make_program podman storage "--version) echo podman version 5.4.2 ;;"
	store_with_layers
	shale commit rw top >/dev/null
	shale tag top one
	shale tag top example.org/a/b:2
	shale tag app "a/b"
	engine podman --images "$PWD/images" >said || true
	grep -q "^images *yes 2 were written$" said || assert_eq "$(<said)" "2 images"
	assert_eq "$(jq -c '.[] | .names | sort' images/overlay-images/images.json | sort)" \
		'["example.org/a/b:2","localhost/one:latest"]
["localhost/a/b:latest"]'
	id=$(jq -r '.[] | select(.layer == "top") | .id' images/overlay-images/images.json)
	name==$(printf 'sha256:%s' "$id" | base64 -w 0)
	assert_eq "$(sha256sum <"images/overlay-images/$id/$name")" "$id  -"
	assert_eq "$(jq -r .config.digest "images/overlay-images/$id/manifest")" "sha256:$id"
	assert_eq "$(jq -c '.layers | map(.digest)' "images/overlay-images/$id/manifest")" \
		"$(jq -c .rootfs.diff_ids "images/overlay-images/$id/$name")"
	assert_eq "$(jq -r '.[] | select(.id == "top") | .parent' images/overlay-layers/layers.json)" app
	assert_eq "$(readlink images/overlay/top/diff)" "$PWD/home/top/diff"
	assert_eq "$(<images/overlay/top/lower)" "$(<home/top/lower)"
	[ "images/overlay/l/$(<home/top/link)" -ef home/top/diff ]
	shale rmi one
	shale rmi example.org/a/b:2
	assert_clear_error podman shale rm top
	engine podman --images "$PWD/images" >/dev/null || true
	assert_absent "images/overlay-images/$id"
	shale rm top
	assert_eq "$(engine podman --images relative --json | jq -r '.checks[1].reason' || true)" \
		"'relative' is no absolute path: Invalid argument"
	status=0
	engine docker --images "$PWD/images" || status=$?
	assert_eq $status 2
	assert_no_rubbish
}
once_as 'root user userns' 'shale engine podman --images: an additional image store'
