#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# `shale run`: a command in a layer, as a container.
. "${0%/*}/lib.sh"
. "$here/lib-image.sh"

# Makes an image "base" of this machine's programs with the files that they need; CONFIG is the inner
# part of a config.
base_image() { # [CONFIG]
	mkdir -p root/etc root/tmp
	[ -d root/bin ] || copy_programs
	[ -e root/etc/passwd ] || accounts
	tar -C root --numeric-owner --owner=0 --group=0 -cf root.tar .
	config_of "$(digest_of root.tar)" | sed "s|\"config\":{.*}},\"rootfs\"|\"config\":{${1-}},\"rootfs\"|" \
		>config.json
	config=$(blob layout config.json "$config_type")
	manifest=$(manifest_of layout "$config" \
		"$(blob layout root.tar application/vnd.oci.image.layer.v1.tar)")
	index_of layout "$(tagged "$manifest" v1)"
	shale import layout base >/dev/null
}

copy_programs() {
	local program file
	mkdir root/bin
	for program in sh bash cat chmod chown env grep head id kill ls mknod pwd readlink rm sleep stat \
		stty touch tty; do
		program=$(type -P $program)
		cp "$program" root/bin/
		for file in $(ldd "$program" | grep -o '/[^ ]*'); do
			mkdir -p "root/${file%/*}"
			[ -e "root/$file" ] || cp "$file" "root/$file"
		done
	done
}

accounts() {
	printf '%s\n' root:x:0:0:root:/root:/bin/sh web:x:33:33:web:/srv:/bin/sh >root/etc/passwd
	printf '%s\n' root:x:0: web:x:33: extra:x:44:other,web >root/etc/group
}

status_of() { # COMMAND...
	local status=0
	"$@" >said 2>&1 </dev/null || status=$?
	echo $status
}

inside() { # COMMAND
	shale run --rm base sh -c "$1" </dev/null
}

layers() {
	shale --json ls | grep -c '"id"'
}

scenario() {
	base_image '"Entrypoint":["/bin/sh","-c"],"Cmd":["echo $A $0 in $PWD"],"Env":["A=b c"],"WorkingDir":"/made/here"'
	assert_eq "$(shale run --rm base)" 'b c /bin/sh in /made/here'
	assert_eq "$(shale run --rm base 'echo $0' x)" x
	assert_eq "$(shale run --rm --entrypoint /bin/pwd base)" /made/here
	assert_eq "$(shale run --rm --entrypoint '' base /bin/pwd -P)" /made/here
	assert_eq "$(status_of shale run --rm base 'exit 7')" 7
	assert_eq "$(status_of shale run --rm base 'kill -9 $$')" 137
	assert_eq "$(status_of shale run --rm --entrypoint nothing base)" 127
	assert_eq "$(status_of shale run --rm --entrypoint /etc/passwd base)" 126
	grep -q "run '/etc/passwd': Permission denied" said
	assert_eq "$(layers)" 1
	shale run base 'echo kept >/kept' 2>said
	name=$(sed -n 's/^shale: what is written stays in layer //p' said)
	assert_eq "$(shale run "$name" 'cat /kept')" kept
	shale run --keep mine base 'echo 1 >/one'
	shale run mine 'echo 2 >/two'
	assert_eq "$(shale changes mine | grep -E '/(one|two)$' | tr '\n' ' ')" 'A /one A /two '
	assert_clear_error 'is writable and entered itself' shale run --rm mine true
	assert_clear_error "no such layer" shale run --rm nothing true
	assert_eq "$(layers)" 3
	assert_eq "$(shale --json ls | grep -c '"mounts": 0')" 3
	base_image '"Volumes":{"/data":{},"/a b/c":{},"/etc":{}}'
	assert_eq "$(shale run --rm base sh -c 'cd "/a b/c" && echo new >/data/file && echo *')" '*' 'volumes are directories'
	shale check
}
on_each_backend_as 'root userns' 'a command runs in a layer as the config says'

scenario() {
	base_image
	assert_eq "$(inside 'echo out; echo err >&2; exit 3' 2>err || echo $?)" 'out
3'
	assert_eq "$(cat err)" err
	assert_eq "$(echo in | shale run --rm base cat)" in
	mkdir -p volume/sub
	echo v >volume/sub/file
	shale run --rm -v "$PWD/volume:/new/place" --volume "$PWD/volume/sub/file:/one:ro" base sh -c \
		'cat /new/place/sub/file /one; echo more >/new/place/more; (echo x >/one) 2>/dev/null || echo denied' >seen
	assert_eq "$(tr '\n' ' ' <seen)" 'v v denied '
	assert_eq "$(cat volume/more)" more
	assert_clear_error 'say SOURCE:TARGET' shale run --rm -v nothing base true
	assert_clear_error "mount 'nothing' at '/x': No such file" shale run --rm -v nothing:/x base true
	inside 'for n in null zero full random urandom; do head -c 1 </dev/$n >/dev/null || exit; done
		echo x >/dev/null; [ -d /dev/pts ] && [ -d /dev/shm ] && [ -e /proc/self/status ] && echo x >/dev/fd/1' |
		grep -x x
	assert_eq "$(layers)" 1
}
on_each_backend_as 'root user userns' 'a command has its descriptors, volumes and devices'

scenario() {
	for case in '"User":"web" 33:33:44' '"User":"33" 33:33:44' '"User":"web:extra" 33:44:' '"User":"7:8" 7:8:' '"User":"" 0:0:'; do
		base_image "${case% *}"
		assert_eq "$(shale run --rm base sh -c 'echo $(id -u):$(id -g):$(id -G)')" \
			"$(sed 's/^\(.*\):\(.*\):\(.*\)$/\1:\2:\2\3/; s/33:33:3344/33:33:33 44/' <<<"${case##* }")"
	done
	base_image '"User":"nobody-knows"'
	assert_clear_error "'nobody-knows' is no user of the image" shale run --rm base true
	base_image '"User":"web"'
	assert_eq "$(shale run --rm base sh -c 'echo $HOME')" /srv
	assert_eq "$(status_of shale run --rm base chown 1 /etc)" 1
}
[ "${ids-many}" = one ] || on_each_backend_as 'root userns' 'a command runs as the user of the config'

scenario() {
	base_image
	inside 'echo x >/proc/sys/kernel/core_pattern' 2>/dev/null && fail 'core_pattern was written'
	inside 'echo x >/proc/sysrq-trigger' 2>/dev/null && fail 'sysrq was written'
	inside 'chmod 600 /dev/null' 2>/dev/null && fail 'a node of the host was changed'
	inside 'ls -l /proc/1/exe /proc/1/fd/' >/dev/null 2>&1 && fail 'the first process can be looked into'
	assert_eq "$(inside 'ls /proc/self/fd' | tr '\n' ' ')" '0 1 2 3 '
	assert_eq "$(inside '[ -s /proc/kcore ] || echo empty')" empty
	assert_eq "$(inside 'grep CapBnd /proc/self/status' | cut -f2)" 00000000a80425fb
	assert_eq "$(shale run --rm --no-new-privileges base grep NoNewPrivs /proc/self/status | cut -f2)" 1
	if [ "$kind" = root ]; then
		assert_eq "$(inside 'mknod /disk b 7 0 && head -c 1 /disk' 2>&1 || :)" \
			"head: cannot open '/disk' for reading: Permission denied"
		assert_eq "$(inside 'mknod /dev/shm/disk b 7 0 && head -c 1 /dev/shm/disk' 2>&1 || :)" \
			"head: cannot open '/dev/shm/disk' for reading: Permission denied"
	fi
	# A program in the image that leads to the program of the host itself.
	shale run --rm --entrypoint /proc/self/exe base version >/dev/null 2>&1 || :
	inside 'exec 5>/proc/self/exe' 2>/dev/null && fail 'a running program was written'
	cmp "$SHALE" "$SHALE"
}
on_each_backend_as 'root userns' 'a command cannot reach the host'

scenario() {
	mkdir host root
	echo secret >host/passwd
	ln -s "$PWD/host" root/etc
	base_image
	assert_eq "$(find host)" "$(printf 'host\nhost/passwd')"
	inside true
	assert_eq "$(cat host/*)" secret 'outside'
	rm -r root/etc
	mkdir root/etc
	for what in proc dev; do
		ln -s etc root/$what
		base_image
		assert_clear_error "'/$what' in the image: Not a directory" shale run --rm base true
		rm root/$what
	done
	for link in /proc/self/root /proc/1/root/etc ../../../../../../host; do
		rm -rf root/escape
		ln -s $link root/escape
		base_image
		shale run --rm -v "$PWD/host/passwd:/escape/file" base true 2>/dev/null || :
		assert_eq "$(find host)" "$(printf 'host\nhost/passwd')"
	done
	rm root/etc/passwd
	mkfifo root/etc/passwd
	base_image '"User":"web"'
	assert_clear_error "'web' is no user" shale run --rm base true
	rm root/etc/passwd
	ln -s /dev/zero root/etc/passwd
	base_image '"User":"web"'
	assert_clear_error "'web' is no user" shale run --rm base true
	assert_eq "$(shale --json ls | grep -c '"kind": "rw"' || :)" 0
}
once_as 'root userns' 'the symbolic links of an image stay inside it'

# Waits until FILE has content.
wait_for() { # FILE
	for _ in $(seq 200); do
		[ ! -s "$1" ] || return 0
		sleep 0.05
	done
	fail "nothing in $1"
}

scenario() {
	base_image
	for signal in INT TERM; do
		"$SHALE" --home home --run run --backend "$backend" run --rm base bash -c \
			"trap 'echo got; exit 5' $signal; echo up; while :; do sleep 0.1; done" >said &
		pid=$!
		wait_for said
		kill -$signal $pid
		status=0
		wait $pid || status=$?
		assert_eq "$status $(tr '\n' ' ' <said)" '5 up got '
		rm said
	done
	for _ in 1 2 3; do
		"$SHALE" --home home --run run --backend "$backend" run --keep killed base \
			sh -c 'echo up; sleep 100 & sleep 100' >said &
		pid=$!
		wait_for said
		kill -9 $pid
		wait $pid || :
		sleep 0.2
		assert_eq "$(pgrep -x sleep | wc -l)" 0 'processes left'
		shale cleanup >/dev/null
		shale rm killed
		rm said
	done
	shale check
	assert_no_rubbish
}
pgrep() { # -x NAME
	grep -lx "$2" /proc/[0-9]*/comm 2>/dev/null || :
}
on_each_backend_as 'root userns' 'signals reach the command, and its end is the end of all'

scenario() {
	base_image
	script -qec "$SHALE --home home --run run --backend $backend run --rm base bash -c \
		'tty; stty size; [ -t 0 ] && [ -t 1 ] && echo terminal; echo >/dev/tty hello; exit 9'" /dev/null \
		</dev/null >said || status=$?
	assert_eq "${status-0}" 9
	tr -d '\r' <said >clean
	grep -q '/dev/pts/0$' clean
	grep -qx terminal clean
	grep -qx hello clean
}
if type -P script >/dev/null; then
	on_each_backend_as root 'a command has a terminal of its own'
fi
