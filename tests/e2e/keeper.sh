#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A mount with a keeper must outlive the process that serves it.
. "${0%/*}/lib.sh"
. "$here/lib-keeper.sh"

deaths=${SHALE_KEEPER_DEATHS:-20} seed=${SHALE_KEEPER_SEED:-1}

scenario() {
	can_resend
	echo lower >lower/file
	mkdir lower/dir
	echo inner >lower/dir/inner
	mount_kept
	exec 5<>merged/file
	mkdir merged/removed merged/new
	exec 6<merged/removed
	echo first >merged/gone && exec 7<>merged/gone
	rm merged/gone && rmdir merged/removed
	kill_worker
	echo second >&7
	assert_eq "$(cat merged/file merged/dir/inner)" "$(printf 'lower\ninner')"
	assert_eq "$(cat "/proc/$$/fd/7")" "$(printf 'second')"
	[ "$(stat -L -c %F "/proc/$$/fd/6")" = directory ]
	echo changed >&5
	kill_worker
	assert_eq "$(cat merged/file upper/file)" "$(printf 'changed\nchanged')"
	refute test -e merged/gone
	mv merged/new merged/newer
	rm -r merged/dir
	kill_worker
	assert_eq "$(ls merged)" "$(printf 'file\nnewer')"
	exec 5>&- 6>&- 7>&-
	umount_merged
	assert_eq "$(ls upper)" "$(printf 'dir\nfile\nnewer')"
	assert_eq "$(ls work/work)" ''
	assert_eq "$(grep -c 'another one goes on' log)" 3
}
only_fuse 'root user userns' 'after the death of a worker another one goes on, with open files that have no name'

# Prints the KiB of memory that the process shares with no other.
private_memory() { # PID
	awk '/^Private_(Clean|Dirty):/ { sum += $2 } END { print sum }' "/proc/$1/smaps_rollup"
}

scenario() {
	local memory score
	mkdir -p lower/{1..40}/{1..20}
	mount_kept
	ls -lR merged >/dev/null
	memory=$(private_memory "$keeper")
	# With a sanitizer the memory is not measured: it has much of its own.
	grep -q 'lib[at]san' "/proc/$keeper/maps" || [ "$memory" -lt 400 ] || assert_eq "$memory" 400 'KiB of private memory'
	assert_eq "$(ls "/proc/$keeper/task" | wc -l)" 1 'threads of the keeper'
	score=$(cat "/proc/$keeper/oom_score_adj")
	[ "$(cat "/proc/$(worker)/oom_score_adj")" -gt "$score" ]
}
only_fuse 'root user userns' 'a keeper takes less than 400 KiB and one thread, and a lack of memory ends its worker first'

scenario() {
	mount_merged "keeper=off,pidfile=$PWD/pid"
	keeper=$(cat pid)
	assert_eq "$(worker)" ''
	assert_eq "$(ps -eo comm= | grep -cx shale-worker)" 0
	echo served >merged/file
	umount_merged
	assert_content upper/file served
}
only_fuse 'root user' 'a mount with keeper=off has one process'

# Runs COMMAND, and kills the worker in place of its reply number $reply. Does not kill it if it
# sends fewer replies.
killed_while() { # COMMAND...
	local before
	before=$(worker)
	ls -lR merged >/dev/null
	traced_while write "write:signal=SIGKILL:when=$reply" "$@"
	[ "$(worker)" = "$before" ] || killed=$((killed + 1))
	sleep 0.3 # five deaths within a second are too many
}

scenario() {
	local killed=0 reply
	can_resend
	command -v strace >/dev/null || skip 'there is no strace'
	mkdir lower/{dir,gone1,gone2,gone3}
	touch lower/{one,other,last1,last2,last3,two1,two2,two3}
	mount_kept redirect_dir=on
	# Before most changes the kernel asks once more for the new name, so the reply to the change is
	# the second.
	for reply in 1 2 3; do
		killed_while mkdir merged/new
		killed_while rmdir merged/new
		killed_while mkfifo merged/new
		killed_while rm merged/new
		killed_while ln -s target merged/new && rm merged/new
		killed_while ln merged/one merged/new && rm merged/new
		killed_while mv merged/one merged/dir/new && mv merged/dir/new merged/one
		killed_while mv merged/dir merged/new && mv merged/new merged/dir
		killed_while mv -f merged/two$reply merged/other
		killed_while rm merged/last$reply
		killed_while rmdir merged/gone$reply
	done
	# The number of kills depends on how busy the machine is.
	[ "$killed" -gt 0 ]
	assert_names merged 'dir one other'
	umount_merged
	mount_merged redirect_dir=on
	assert_names merged 'dir one other'
}
only_fuse root 'a change that is done and not answered is not done again'

# `make check-deaths` does the same for a long time.
scenario() {
	local options beside=plain
	can_resend
	case $kind in
	root) options=redirect_dir=on,metacopy=on ;;
	user) options=redirect_dir=on ;;
	*) options=redirect_dir=on,writeback=1 ;;
	esac
	make_trees 4
	mount_kept "$options"
	if [ "$kind" = root ]; then
		mount_beside "$options"
		beside=beside
	fi
	"$KEEPER_KILL" "$keeper" "$PWD/merged" "$PWD/$beside" 4 "$deaths" "$seed" || { tail -n 3 log; return 1; }
	same_trees merged "$beside"
	umount_merged
	mount_merged "$options"
	same_trees merged "$beside"
	[ "$kind" != root ] || umount beside
}
only_fuse 'root user userns' 'clients do not notice that workers die: each operation is done once, with its right result'

scenario() {
	local child
	can_resend
	mount_kept
	# On a busy machine five deaths may take longer than a second. Do not kill the keeper's last
	# child, which unmounts: it is started after the log has these words.
	while child=$(worker) && ! grep -q 'as four others within a second' log; do
		kill -KILL "$child" 2>/dev/null || :
	done
	no_daemon
	refute is_mounted merged
	grep -q 'as four others within a second' log
}
only_fuse 'root user userns' 'a fifth death within a second ends the mount, and the log says so'

# Each worker has a second of CPU time. The time of its keeper is too short to count.
scenario() {
	can_resend
	mkdir lower/{1..40}
	touch lower/{1..40}/{1..20}
	(ulimit -t 1 && mount_kept timeout=0 2>said)
	grep -q 'the limit of CPU time' said
	keeper=$(cat pid)
	until grep -q 'another one goes on' log; do
		ls -lR merged >/dev/null
	done
	echo served >merged/file
	assert_content upper/file served
	# Workers that work until they are killed die too rarely to end the mount.
	refute grep 'within a second' log
}
only_fuse user 'a worker that has used its CPU time is replaced, and the next one has as much again'

scenario() {
	can_resend
	mount_kept
	kill -TERM "$keeper"
	no_daemon
	refute is_mounted merged
	mount_kept
	kill -KILL "$keeper"
	echo served >merged/file
	umount_merged
	assert_eq "$(cat upper/file)" served
}
only_fuse 'root user userns' 'SIGTERM to the keeper ends the mount; without its keeper a worker serves on'

scenario() {
	local program worker i
	can_resend
	program=$PWD/shale-fuse
	cp "$(readlink -f "$SHALE_FUSE")" "$program"
	SHALE_FUSE=$program
	mount_kept
	echo before >merged/file && exec 5<>merged/file && rm merged/file
	for i in 1 2 3; do
		cp "$program" new && mv new "$program"
		worker=$(worker)
		kill -HUP "$keeper"
		while [ "$(worker)" = "$worker" ] || [ -z "$(worker)" ]; do
			sleep 0.01
		done
		assert_eq "$(cat "/proc/$$/fd/5")" before
		[ "/proc/$keeper/exe" -ef "$program" ]
		mkdir merged/$i
	done
	printf '#!/bin/sh\nexit 1\n' >new && chmod 755 new && mv new "$program"
	worker=$(worker)
	kill -HUP "$keeper"
	while ! grep -q 'the one that runs goes on' log; do
		sleep 0.01
	done
	assert_eq "$(worker)" "$worker"
	assert_eq "$(ls merged)" "$(printf '1\n2\n3')"
	exec 5>&-
}
only_fuse 'root user userns' 'SIGHUP starts the program that is installed now; one that cannot take over is refused'

# Makes two builds that differ in their version only. Both files have the same length. SHALE_OTHER_FUSE
# names a build of another commit, which is the new one then.
make_builds() {
	local version
	cp "$(readlink -f "$SHALE_FUSE")" old
	install_build old
	if [ -n "${SHALE_OTHER_FUSE-}" ]; then
		cp "$SHALE_OTHER_FUSE" new
		return
	fi
	version=$(./old --version | awk '{ print $NF }')
	LC_ALL=C sed "s/${version//./\\.}\\x00/${version//[0-9]/9}\\x00/g" old >new
	chmod 755 new
	assert_eq "$(./new --version)" "shale-fuse: version ${version//[0-9]/9}"
}

install_build() { # FILE
	cp "$1" installed && mv installed shale-fuse
}

scenario() {
	local load i builds=(old new) times=${SHALE_KEEPER_UPGRADES:-40}
	can_resend
	[ "$kind" = root ] || times=10
	make_builds
	SHALE_FUSE=$PWD/shale-fuse
	make_trees 3
	mount_kept redirect_dir=on
	"$KEEPER_KILL" 0 "$PWD/merged" "$PWD/plain" 3 1000000 "$seed" &
	load=$!
	for i in $(seq $times); do
		install_build "${builds[i % 2]}"
		shale upgrade "$PWD/merged"
		[ "/proc/$keeper/exe" -ef shale-fuse ]
	done
	kill -TERM $load
	wait $load
	same_trees merged plain
	assert_eq "$(shale stats "$PWD/merged" | awk '/^worker_upgrades/ { print $2 }')" $times
	[ -n "${SHALE_OTHER_FUSE-}" ] || assert_eq "$(grep -c 'version 9.9.9 goes on' log)" $((times / 2))
	umount_merged
	mount_merged redirect_dir=on
	same_trees merged plain
}
only_fuse 'root user userns' 'a mount under load is upgraded again and again, and its clients do not notice'

scenario() {
	local worker
	can_resend
	make_builds
	SHALE_FUSE=$PWD/shale-fuse
	mount_kept
	echo here >merged/file
	printf '#!/bin/sh\nexit 1\n' >refuses && chmod 755 refuses
	install_build refuses
	worker=$(worker)
	assert_clear_error 'cannot take over' shale upgrade "$PWD/merged"
	assert_eq "$(worker)" "$worker"
	assert_content merged/file here
	assert_eq "$(shale --json stats "$PWD/merged" | jq '[.worker_upgrades, .upgrades_refused]' -c)" '[0,1]'
	install_build new
	shale upgrade "$PWD/merged"
	refute test "$(worker)" = "$worker"
	assert_content merged/file here
	umount_merged
	assert_clear_error 'nothing is mounted' shale upgrade "$PWD/merged"
	"$SHALE_FUSE" -o lowerdir=lower,keeper=off merged
	assert_clear_error 'has no keeper' shale upgrade "$PWD/merged"
}
only_fuse 'root user userns' 'a program that does not know the table of the old one is refused by an upgrade'

# Mounts with the build FIRST, and asks for an upgrade to OTHER while clients work.
refuse_under_load() { # FIRST OTHER
	local load worker
	install_build "$1"
	mount_kept redirect_dir=on
	"$KEEPER_KILL" 0 "$PWD/merged" "$PWD/plain" 2 1000000 "$seed" &
	load=$!
	worker=$(worker)
	install_build "$2"
	assert_clear_error 'cannot take over' shale upgrade "$PWD/merged"
	kill -HUP "$keeper"
	while [ "$(grep -c 'the one that runs goes on' log)" != 2 ]; do
		sleep 0.01
	done
	assert_eq "$(worker)" "$worker"
	# The file of the program that runs is gone by now, and its next worker still goes on.
	kill_worker
	kill -TERM $load
	wait $load
	same_trees merged plain
	umount_merged
	rm log
}

scenario() {
	can_resend
	cp "$(readlink -f "$SHALE_FUSE")" ours
	cp "$(readlink -f "$SHALE_FUSE_LATER")" later
	SHALE_FUSE=$PWD/shale-fuse
	make_trees 2
	refuse_under_load ours later
	refuse_under_load later ours
}
only_fuse 'root user userns' 'a build with another version of the table is refused under load, and the one that runs goes on'

# A user who is neither root nor the owner of the mount asks for an upgrade.
scenario() {
	local worker
	can_resend
	mount_kept allow_other
	chmod 755 .
	worker=$(worker)
	mkdir other && chown 1000:1000 other
	assert_clear_error 'only root and the user who mounted' setpriv --reuid 1000 --regid 1000 --clear-groups \
		"$SHALE" --home "$PWD/other/home" --run "$PWD/other/run" upgrade "$PWD/merged"
	assert_eq "$(worker)" "$worker"
}
only_fuse root 'others cannot ask for an upgrade'

scenario() {
	local worker
	can_resend
	command -v strace >/dev/null || skip 'there is no strace'
	# A sanitizer cannot look for leaks in a process that is traced.
	export ASAN_OPTIONS=detect_leaks=0${ASAN_OPTIONS:+:$ASAN_OPTIONS}
	# strace delays the worker for half a second after it has sent a reply.
	strace -f -o trace -e trace=write -e inject=write:delay_exit=500000 \
		sh -c '"$1" -o "$2" merged && echo done >ready' - "$SHALE_FUSE" "$(mount_options),log=$PWD/log,pidfile=$PWD/pid" &
	while [ ! -s ready ]; do
		sleep 0.01
	done
	keeper=$(cat pid)
	worker=$(worker)
	kill -KILL "$worker"
	echo served >merged/file
	assert_content upper/file served
	umount_merged
	wait
}
only_fuse root 'a worker may die as soon as the mount has been announced'

scenario() {
	local before
	can_resend
	mount_kept
	before=$keeper
	echo kept >merged/file && exec 5<>merged/file && rm merged/file
	kill -KILL "$keeper"
	shale upgrade "$PWD/merged"
	keeper=$(daemons | awk '{ print $1 }')
	[ "$keeper" != "$before" ]
	assert_eq "$(cat "/proc/$$/fd/5")" kept
	kill_worker
	assert_eq "$(cat "/proc/$$/fd/5")" kept
	mkdir merged/dir
	kill -TERM "$keeper"
	no_daemon
	exec 5>&-
	refute is_mounted merged
	assert_names work/work ''
}
only_fuse 'root user userns' 'a mount whose keeper has died gets another one by an upgrade'

scenario() {
	local path
	can_resend
	store_with_layers
	path=$(shale get rw)
	keeper=$(daemons | awk '{ print $1 }')
	assert_eq "$(shale --json inspect rw | jq -r '[.WorkerDeaths, .WorkerLastSignal, .WorkerUpgrades] | join(" ")')" '0 0 0'
	kill_worker
	kill -SEGV "$(worker)"
	echo on >"$path/file"
	shale upgrade rw
	assert_eq "$(shale --json stats rw | jq -c '[.worker_deaths, .worker_last_signal, .worker_upgrades]')" '[2,11,1]'
	assert_eq "$(shale --json inspect rw | jq -r '[.WorkerDeaths, .WorkerLastSignal, .WorkerUpgrades] | join(" ")')" '2 11 1'
	assert_eq "$(shale --json ls | jq -c '.[] | select(.id == "rw") | [.worker_deaths, .worker_last_signal, .worker_upgrades]')" '[2,11,1]'
	shale status | grep -qx 'Worker Deaths: *2'
	shale status | grep -qx 'Worker Upgrades: *1'
	shale status | grep -qx 'Mounts With Worker Deaths: *rw'
	assert_eq "$(shale upgrade --all | tail -n 1 | tr -s ' ')" 'rw yes -'
	shale put rw
	no_daemon
	assert_eq "$(shale --json ls | jq -c '.[] | select(.id == "rw") | .worker_deaths')" 0
	shale status | grep -qx 'Worker Deaths: *0'
}
only_fuse 'root user userns' 'what is said of a layer tells how often the worker of its mount was replaced, and why'
