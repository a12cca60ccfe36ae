#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# podman with overlay.mount_program = shale-fuse, as root and as a plain user.
. "${0%/*}/../e2e/lib.sh"
. "$here/../engines/lib-engines.sh"
[ -n "${case_of-}" ] || prepare_engines

only_fuse() {
	only_backend=fuse on_each_backend_as 'root user' "$@"
}

start_podman() {
	needs podman crun
	configure_engine fuse
	podman import -q "$scratch/base.tar" base:1 >/dev/null
}

scenario() {
	local user=()
	start_podman
	[ "$kind" = root ] || user=(--user)
	engine fuse env SHALE_FUSE="$SHALE_FUSE" LD_LIBRARY_PATH="${LD_LIBRARY_PATH-}" \
		"$SHALE" engine podman "${user[@]}"
	stop_engine fuse
}
only_fuse 'shale engine podman finds nothing wrong'

# The work in a container, which uses everything that a layer can have.
work='
	echo hello >/etc/motd
	rm -r /usr/share/doc/bash
	rm -r /etc/skel && mkdir /etc/skel && echo only >/etc/skel/only
	mkdir /opt/new && ln -s /etc/motd /opt/new/link && ln /etc/motd /opt/new/hard
	chown 1:2 /opt/new && chmod 2755 /opt/new
	mv /usr/share/common-licenses /opt/licenses'
check='
	[ "$(cat /etc/motd /opt/new/link)" = "hello
hello" ]
	[ ! -e /usr/share/doc/bash ] && [ ! -e /usr/share/common-licenses ]
	[ "$(ls -A /etc/skel)" = only ] && [ -e /opt/licenses/GPL-3 ]
	[ "$(stat -c "%u:%g %a" /opt/new)" = "1:2 2755" ] && [ "$(stat -c %h /etc/motd)" = 2 ]'

scenario() {
	local changes
	start_podman
	podman run --name c1 base:1 sh -ec "$work"
	changes=$(podman diff c1)
	for line in 'C /etc/motd' 'D /usr/share/doc/bash' 'A /opt/new/hard' 'A /etc/skel/only' \
		'D /etc/skel/.profile' 'D /usr/share/common-licenses' 'A /opt/licenses'; do
		grep -qxF "$line" <<<"$changes" || assert_eq "$changes" "... $line ..."
	done
	podman commit -q c1 new:1 >/dev/null
	podman rm c1 >/dev/null
	podman run --rm new:1 sh -ec "$check"
	podman save -q -o new.tar new:1
	podman rmi -f new:1 >/dev/null
	podman load -q -i new.tar >/dev/null
	podman run --rm new:1 sh -ec "$check"
	stop_engine fuse
}
only_fuse 'podman import, run, diff, commit, save and load'

scenario() {
	local mounted
	start_podman
	podman run -d --name c1 base:1 sleep 600 >/dev/null
	podman exec c1 sh -ec "$work"
	podman exec c1 sh -ec "$check"
	podman rm -f -t 0 c1 >/dev/null
	mkdir volume
	echo mine >volume/file && chmod 777 volume
	podman run --rm -v "$PWD/volume:/v:O" base:1 sh -ec '
		[ "$(cat /v/file)" = mine ] && echo changed >/v/file && rm /v/file && touch /v/new'
	assert_content volume/file mine
	assert_names volume file
	if [ "$kind" = root ]; then
		mounted=$(podman image mount base:1)
		[ -e "$mounted/etc/debian_version" ]
		podman image umount base:1 >/dev/null
	else
		podman unshare sh -ec 'test -e "$(podman image mount base:1)/etc/debian_version"
			podman image umount base:1 >/dev/null'
	fi
	stop_engine fuse
}
only_fuse 'podman exec, volumes with :O, image mount'

scenario() {
	local changes
	start_podman
	podman run --name c1 --uidmap 0:1:1000 base:1 sh -ec '
		[ "$(stat -c %u:%g / /etc /root /bin/ls | uniq)" = 0:0 ]
		echo new >/root/new && chown 5:6 /root/new && cp -a /root/new /root/copy
		chown 7 /bin/cat && touch /root/.bashrc && mkdir /root/dir
		[ "$(stat -c %u:%g /root/new /root/copy | uniq)" = 5:6 ]
		[ "$(stat -c %u /bin/cat /root/.bashrc | tr "\n" " ")" = "7 0 " ]'
	changes=$(podman diff c1)
	grep -qx 'A /root/new' <<<"$changes"
	podman start -a c1 || [ "$(podman inspect --format '{{.State.ExitCode}}' c1)" = 1 ]
	podman commit -q c1 new:1 >/dev/null
	podman run --rm new:1 test -e /root/copy
	# Try twice, because podman itself may be unmounting after the container.
	podman rm -f c1 >/dev/null || podman rm -f c1 >/dev/null
	stop_engine fuse
}
only_fuse 'podman run --uidmap'

# Kills each process that serves a mount here. Its keeper starts another one. Prints how many there were.
kill_workers() {
	local comm n=0
	for comm in /proc/[0-9]*/comm; do
		[ "$(cat "$comm" 2>/dev/null)" = shale-worker ] || continue
		comm=${comm%/comm}
		kill -KILL "${comm#/proc/}" && n=$((n + 1))
	done
	echo "$n"
}

# Ends when the host makes /steps/stop.
counting='
	i=0
	while [ ! -e /steps/stop ]; do
		i=$((i + 1))
		echo $i >/root/new && mv /root/new /root/moved && ln /root/moved /root/other && rm /root/moved
		[ "$(cat /root/other)" = $i ] && rm /root/other
		echo $i >>/etc/motd
		[ "$(tail -n 1 /etc/motd)" = $i ]
		mkdir /usr/share/doc/$i && rmdir /usr/share/doc/$i
	done
	[ "$(grep -cx "[0-9][0-9]*" /etc/motd)" = $i ] && echo done'

# Five deaths within a second would end the mount.
scenario() {
	local container i
	start_podman
	mkdir steps
	chmod 755 steps
	podman run --name c1 -v "$PWD/steps:/steps:ro" base:1 sh -ec "$counting" >said 2>&1 &
	container=$!
	for i in {1..8}; do
		sleep 0.5
		[ "$(kill_workers)" -ge 1 ]
	done
	touch steps/stop
	wait "$container" || assert_content said ''
	assert_content said done
	stop_engine fuse
}
only_fuse 'a container does not notice that its mount is served by one process after another'

# ---- from fuse-overlayfs, and back ----------------------------------------------------------------

use_program() { # PROGRAM
	! is_mounted fuse/root/overlay || umount fuse/root/overlay
	sed -i "s|^mount_program = .*|mount_program = \"$1\"|" fuse/storage.conf
}

# Starts the container with the command, and with PROGRAM as mount_program.
turn() { # PROGRAM COMMAND
	use_program "$1"
	printf '%s\n' "$2" >steps/now
	podman start -a c1
}

# $check must succeed after each turn, with the changes of either program.
second='
	echo again >/root/again && rm -r /opt/licenses && mkdir /opt/licenses && touch /opt/licenses/mine
	rm -r /etc/apt && mkdir -p /etc/apt/new && mv /etc/profile /etc/profile.old && touch /etc/skel/more'
second_check='
	[ "$(ls -A /opt/licenses /etc/apt /etc/apt/new | tr "\n" " ")" = "/etc/apt: new  /etc/apt/new:  /opt/licenses: mine " ]
	[ ! -e /etc/profile ] && [ -s /etc/profile.old ] && [ "$(cat /root/again)" = again ]
	[ "$(ls -A /etc/skel | tr "\n" " ")" = "more only " ] && [ ! -e /usr/share/common-licenses ]
	[ -z "$(find / -xdev -name ".wh.*" ! -path "/proc/*")" ]'

scenario() {
	needs podman crun fuse-overlayfs
	local first=$SHALE_FUSE then
	then=$(command -v fuse-overlayfs)
	[ "$begins" = shale-fuse ] || first=$then then=$SHALE_FUSE
	mkdir steps
	chmod 755 steps
	configure_engine fuse
	use_program "$first"
	podman import -q "$scratch/base.tar" base:1 >/dev/null
	podman create --name c1 -v "$PWD/steps:/steps:ro" base:1 sh -e /steps/now >/dev/null
	turn "$first" "$work"
	turn "$then" "$check"
	turn "$then" "$second"
	turn "$first" "$second_check"
	turn "$first" 'rm -r /opt/licenses /etc/apt && mkdir /etc/apt && echo last >/etc/apt/last && rm -r /usr/share/man'
	turn "$then" '[ "$(ls /etc/apt)" = last ] && [ ! -e /opt/licenses ] && [ ! -e /usr/share/man ]'
	stop_engine fuse
}
for begins in fuse-overlayfs shale-fuse; do
	only_fuse "a container that $begins began goes on under each program in turn"
done
