#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The graphdriver plug-in: calls every endpoint of the protocol as dockerd does.
# tests/engines/docker-plugin.sh uses dockerd itself.
. "${0%/*}/lib.sh"
. "${0%/*}/lib-docker.sh"
. "${0%/*}/lib-activate.sh"

is_driver() {
	assert_eq "$(post Plugin.Activate | tail -n 1)" 200
}

scenario() {
	local dir
	mkdir -p tree/sub
	echo one >tree/one
	echo two >tree/sub/two
	tar -C tree -cf base.tar one sub
	head -c 20000 /dev/urandom >>base.tar # dockerd also digests the bytes behind the archive
	start_plugin

	assert_eq "$(post Plugin.Activate)" '{"Implements":["GraphDriver"]}'$'\n200'
	ask Init '{"Home":"/nowhere","Opts":null,"UIDMaps":null,"GIDMaps":null}'
	assert_eq "$(ask Capabilities '{}')" '{"Capabilities":{"ReproducesExactDiffs":true}}'
	ask Status '{}' >status
	grep -q "\[\"Home\",\"$PWD/home\"\]" status

	ask Create '{"ID":"base"}' >/dev/null
	assert_eq "$(apply_diff base '' base.tar)" '{"Size":8}'$'\n200'
	diff_of base '' | cmp - base.tar
	ask CreateReadWrite '{"ID":"app","Parent":"base","MountLabel":"","StorageOpt":null}' >/dev/null
	dir=$(ask Get '{"ID":"app","MountLabel":""}' | sed 's/.*"Dir":"\(.*\)".*/\1/')
	assert_content "$dir/sub/two" two
	rm "$dir/one"
	echo three >"$dir/sub/three"
	chmod 700 "$dir/sub"
	assert_eq "$(ask Changes '{"ID":"app","Parent":"base"}')" '{"Changes":[{"Path":"/one","Kind":2},'`
		`'{"Path":"/sub","Kind":0},{"Path":"/sub/three","Kind":1}]}'
	assert_eq "$(ask DiffSize '{"ID":"app","Parent":"base"}')" '{"Size":6}'
	assert_eq "$(diff_of app base | tar -t | tr '\n' ' ')" '.wh.one sub/ sub/three '
	assert_eq "$(diff_of app '' | tar -t | tr '\n' ' ')" 'sub/ sub/three sub/two '

	# Two uses need two puts. One put more is no error, and neither is the put of a missing layer.
	ask Get '{"ID":"app"}' >/dev/null
	ask Put '{"ID":"app"}' >/dev/null
	is_mounted "$dir"
	ask Put '{"ID":"app"}' >/dev/null
	refute is_mounted "$dir"
	ask Put '{"ID":"app"}' >/dev/null
	ask Put '{"ID":"absent"}' >/dev/null

	assert_eq "$(ask Exists '{"ID":"app"}')" '{"Exists":true}'
	assert_eq "$(ask Exists '{"ID":"absent"}')" '{"Exists":false}'
	assert_eq "$(ask GetMetadata '{"ID":"app"}')" "{\"Metadata\":{\"LowerDir\":\"$PWD/home/base/diff\","`
		`"\"UpperDir\":\"$PWD/home/app/diff\",\"WorkDir\":\"$PWD/home/app/work\",\"MergedDir\":\"$dir\"}}"
	assert_refused 200 'no such layer' GetMetadata '{"ID":"absent"}'
	assert_refused 500 'no such layer' Diff '{"ID":"absent","Parent":""}'
	assert_refused 500 'no such layer' Changes '{"ID":"absent"}'
	assert_refused 200 'no such layer' Get '{"ID":"absent"}'
	assert_refused 200 absent Create '{"ID":"orphan","Parent":"absent"}'

	# BuildKit creates a layer by Create, and writes to it through a mount. Once the layer has a
	# child it must be read-only.
	ask Create '{"ID":"step","Parent":"base"}' >/dev/null
	dir=$(ask Get '{"ID":"step"}' | sed 's/.*"Dir":"\(.*\)".*/\1/')
	echo step >"$dir/step"
	ask Put '{"ID":"step"}' >/dev/null
	ask Create '{"ID":"next","Parent":"step"}' >/dev/null
	dir=$(ask Get '{"ID":"step"}' | sed 's/.*"Dir":"\(.*\)".*/\1/')
	assert_content "$dir/step" step
	assert_fails 'Read-only' touch "$dir/more"

	# A process that uses a mount keeps it; the removal of the layer must wait for the process.
	ask CreateReadWrite '{"ID":"busy","Parent":"base"}' >/dev/null
	dir=$(ask Get '{"ID":"busy"}' | sed 's/.*"Dir":"\(.*\)".*/\1/')
	(cd "$dir" && exec sleep 0.7) &
	sleep 0.2
	ask Put '{"ID":"busy"}' >/dev/null
	assert_absent "$dir"
	ask Remove '{"ID":"busy"}' >/dev/null
	assert_absent home/busy
	wait $!

	# A plug-in that is started again knows the uses that a killed dockerd has left.
	ask Get '{"ID":"app"}' >/dev/null
	ask Get '{"ID":"app"}' >/dev/null
	stop_plugin
	is_mounted home/app/merged
	start_plugin
	ask Remove '{"ID":"next"}' >/dev/null
	ask Remove '{"ID":"step"}' >/dev/null
	ask Remove '{"ID":"app"}' >/dev/null
	ask Remove '{"ID":"app"}' >/dev/null
	assert_absent home/app home/step
	assert_refused 200 'id is empty' Remove '{}'
	ask Cleanup '{}'
	stop_plugin
	assert_absent plugin.sock
	assert_no_rubbish
}
on_each_backend 'every call of the graphdriver protocol'

scenario() {
	local i part out started=()
	printf 'x%.0s' {1..2000} >text
	tar -cf layer.tar text text text
	start_plugin
	ask Create '{"ID":"base"}' >/dev/null

	assert_refused 404 'no such endpoint' Nothing '{}'
	assert_refused 400 'not JSON' Create '{"ID":'
	assert_refused 400 'not JSON' Create "$(printf '[%.0s' {1..5000})"
	assert_refused 400 'not JSON' Create "$(printf '{"ID":"a\xff"}')"
	assert_refused 400 'not a JSON object' Create '["ID"]'
	assert_refused 400 "'ID'" Create '{"ID":5}'
	assert_refused 400 "'Parent'" Diff '{"ID":"base","Parent":{}}'
	assert_refused 400 "'StorageOpt'" CreateReadWrite '{"ID":"a","StorageOpt":"size=1G"}'
	assert_refused 400 "'UIDMaps'" Init '{"UIDMaps":"all"}'
	assert_refused 200 'UIDMaps' Init '{"UIDMaps":[{"container_id":0}]}'
	assert_refused 200 'cannot be mapped' Init '{"UIDMaps":[],"GIDMaps":[]}'
	assert_refused 200 'unknown option overlay2.size' Init '{"Opts":["overlay2.size=1G"]}'
	assert_refused 200 'Unknown option color' CreateReadWrite '{"ID":"a","StorageOpt":{"color":"red"}}'
	assert_refused 200 'only supported for ReadWrite' Create '{"ID":"a","StorageOpt":{"size":"1G"}}'
	for i in '' a/b ../base /base . .. l staging shale.json -x "$(printf 'x%.0s' {1..200})"; do
		assert_refused 200 id Create "{\"ID\":\"$i\"}"
		assert_refused 200 id Get "{\"ID\":\"$i\"}"
		assert_refused 200 id Remove "{\"ID\":\"$i\"}"
		assert_eq "$(apply_diff "$i" '' layer.tar | tail -n 1)" 200
	done
	assert_eq "$(curl -sS --unix-socket plugin.sock -w '%{http_code}' -o said http://plugin/GraphDriver.Exists)" 405
	assert_eq "$(head -c 3000000 /dev/zero | post GraphDriver.Exists --data-binary @- | tail -n 1)" 413
	assert_eq "$(head -c 3000000 /dev/zero | post GraphDriver.Exists -T - | tail -n 1)" 413
	assert_eq "$(apply_diff base other layer.tar | head -n 1)" "{\"Err\":\"layer 'other' is not the parent of layer 'base'\"}"
	assert_eq "$(head -c 3000000 /dev/urandom | apply_diff base '' - | tail -n 1)" 200
	assert_eq "$(head -c 3000000 /dev/urandom | apply_diff base '' - | cut -c1-7 | head -n 1)" '{"Err":'

	# The body ends between two entries and is not complete: once in a chunked request, once in
	# one with a length, once because the sender dies.
	part=$(head -c 3072 layer.tar | base64 -w0)
	{ printf 'POST /GraphDriver.ApplyDiff?id=base HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nC00\r\n'
		base64 -d <<<"$part"
		printf '\r\n'; } | nc -w 5 -NU plugin.sock >said
	assert_eq "$(cat said)" ''
	{ printf 'POST /GraphDriver.ApplyDiff?id=base HTTP/1.1\r\nHost: x\r\nContent-Length: 6144\r\n\r\n'
		base64 -d <<<"$part"; } | nc -w 5 -NU plugin.sock >said
	assert_eq "$(cat said)" ''
	mkfifo pipe
	curl -sS --unix-socket plugin.sock -X POST "http://plugin/GraphDriver.ApplyDiff?id=base" -T pipe &
	started=($!)
	exec {out}>pipe
	base64 -d <<<"$part" >&$out
	sleep 0.3
	kill -KILL "${started[0]}"
	wait "${started[0]}" 2>/dev/null || :
	exec {out}>&-
	assert_names home/base/diff ''

	# Fifty calls at once: each gets an answer.
	started=()
	for i in {1..50}; do
		ask CreateReadWrite "{\"ID\":\"many$i\",\"Parent\":\"base\"}" >"said$i" &
		started+=($!)
	done
	wait "${started[@]}"
	cat said? said?? | grep -v '^{}$' >bad || :
	assert_eq "$(cat bad)" ''
	for i in {1..50}; do
		assert_eq "$(ask Exists "{\"ID\":\"many$i\"}")" '{"Exists":true}'
	done

	ask Create '{"ID":"last"}' >/dev/null
	# A call that is running is answered before the plug-in ends.
	{ cat layer.tar
		sleep 1; } | apply_diff last '' - >answer &
	started=($!)
	sleep 0.3
	stop_plugin
	wait "${started[@]}"
	assert_eq "$(cat answer)" '{"Size":2000}'$'\n200'
	assert_names home/last/diff text
	assert_no_rubbish
	shale check >/dev/null
}
once_as 'root' 'malformed requests do no harm'

scenario() {
	start_plugin
	assert_eq "$(stat -c %a plugin.sock)" 600
	assert_fails 'Address already in use' "$SHALE_DOCKER" --home "$PWD/home" --run "$PWD/run" --socket plugin.sock
	kill -KILL $plugin
	wait $plugin 2>/dev/null || :
	# The plug-in replaces a socket that a killed plug-in has left, but no other file.
	"$SHALE_DOCKER" --home "$PWD/home" --run "$PWD/run" --socket plugin.sock &
	plugin=$!
	until [ "$(post Plugin.Activate 2>/dev/null | tail -n 1)" = 200 ]; do
		sleep 0.05
	done
	stop_plugin
	echo precious >file
	assert_fails 'Address already in use' "$SHALE_DOCKER" --home "$PWD/home" --run "$PWD/run" --socket file
	assert_content file precious
	assert_fails 'File name too long' "$SHALE_DOCKER" --home "$PWD/home" --run "$PWD/run" --socket "$(printf 'x%.0s' {1..200})"
	assert_fails usage "$SHALE_DOCKER" word

	activate plugin.sock is_driver "$SHALE_DOCKER" --home "$PWD/home" --run "$PWD/run"
	stop_activated

	# The plug-in must not use a socket that systemd has passed for another process.
	LISTEN_PID=1 LISTEN_FDS=1 start_plugin
	is_driver
	stop_plugin
}
once_as 'root user' 'the service makes its socket, or uses the one that systemd passes'

scenario() {
	command -v curl >/dev/null || skip 'no curl'
	export XDG_RUNTIME_DIR=$PWD
	start_rootless dockerd-rootless
	assert_unit_enters plugin.sock is_driver "$SHALE_DOCKER"
}
once_as user 'the user unit starts the service in the namespaces of rootless Docker'

# dockerd itself gives an image at most 125 layers; its plug-ins have no such limit.
scenario() {
	local i dir below=first
	mkdir one
	echo 1 | tee one/last >one/1
	tar -C one -cf one.tar .
	start_plugin
	ask Create '{"ID":"first"}' >/dev/null
	apply_diff first '' one.tar | grep -qx 200
	for i in {2..229}; do
		shale create --parent $below "l$i" >/dev/null
		below=l$i
	done
	ask Create '{"ID":"last","Parent":"l229"}' >/dev/null
	mv one/1 one/230
	echo 230 >one/last
	tar -C one -cf one.tar .
	apply_diff last l229 one.tar | grep -qx 200
	ask CreateReadWrite '{"ID":"top","Parent":"last"}' >/dev/null
	dir=$(ask Get '{"ID":"top"}' | sed 's/.*"Dir":"\(.*\)".*/\1/')
	assert_eq "$(cat "$dir/1" "$dir/230" "$dir/last" | tr '\n' ' ')" '1 1 230 '
	rm "$dir/1"
	echo new >"$dir/new"
	assert_eq "$(diff_of top last | tar -t | tr '\n' ' ')" '.wh.1 new '
	stop_plugin
	start_plugin
	assert_content "$dir/new" new
	ask Put '{"ID":"top"}' >/dev/null
	refute is_mounted "$dir"
	stop_plugin
}
on_each_backend 'a layer on 230 others is mounted, changed, and compared'
