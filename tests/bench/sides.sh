# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The sides that the benchmark compares: a native directory, the kernel's overlayfs, and FUSE
# programs. Each is mounted in the directory of the image, $image_dir, which holds native/, l/0
# (topmost) to l/N, upper/, work/ and merged/.

declare -A programs # side -> program

find_sides() { # SHALE-FUSE
	local path
	sides=(kernel native shale)
	programs[shale]=$1
	if path=$(command -v fuse-overlayfs); then
		sides+=(fuse-overlayfs)
		programs[fuse-overlayfs]=$path
	fi
	if path=$(command -v unionfs-fuse || command -v unionfs); then
		sides+=(unionfs-fuse)
		programs[unionfs-fuse]=$path
	fi
}

lowers_of() { # COUNT SEPARATOR SUFFIX
	local i text= suffix=${3-}
	for ((i = 0; i < $1; i++)); do
		text+=${text:+$2}l/$i$suffix
	done
	echo "$text"
}

# Sets $command to the command that mounts SIDE with LAYERS at merged/. With FOREGROUND, the program
# stays in the foreground.
mount_command() { # SIDE LAYERS FOREGROUND
	local options
	options=lowerdir=$(lowers_of "$2" :),upperdir=upper,workdir=work
	case $1 in
	kernel)
		command=(mount -t overlay overlay -o "$options${holder:+,userxattr}" merged)
		;;
	unionfs-fuse)
		command=("${programs[$1]}" ${3:+-f} -o cow,hide_meta_files,allow_other,suid,dev
			"upper=RW:$(lowers_of "$2" : =RO)" merged)
		;;
	shale)
		command=("${programs[$1]}" ${3:+-f} -o "$options,stats=$scratch/stats$shale_options"
			merged)
		;;
	*)
		command=("${programs[$1]}" ${3:+-f} -o "$options" merged)
		;;
	esac
}

# Runs COMMAND in the user namespace of the process $holder. COMMAND sees mounts that were made
# outside before; its own mounts are not seen outside.
within() { # COMMAND...
	if [ -n "$holder" ]; then
		exec nsenter --target "$holder" --user --mount --preserve-credentials --wdns="$PWD" "$@"
	else
		exec "$@"
	fi
}

# Mounts SIDE. Sets $target to the directory that shows the tree, and $daemon to the process that
# serves it, if there is one.
mount_side() { # SIDE LAYERS
	local tries
	daemon=
	target=$image_dir/merged
	if [ "$1" = native ]; then
		target=$image_dir/native
		return
	fi
	mount_command "$1" "$2" foreground
	if [ "$1" = kernel ]; then
		(cd "$image_dir" && within "${command[@]}")
		return
	fi
	(cd "$image_dir" && within "${pin[@]}" "${command[@]}") </dev/null &>"$scratch/log" &
	daemon=$!
	for ((tries = 0; tries < 1000; tries++)); do
		(within mountpoint -q "$target") && return
		kill -0 $daemon 2>/dev/null || break
		sleep 0.01
	done
	echo "bench: $1 does not mount: $(tail -n 1 "$scratch/log")" >&2
	return 1
}

# Unmounts a side. Waits until the daemon has ended, since it keeps the image busy.
umount_side() { # SIDE
	[ "$1" = native ] || (within umount "$image_dir/merged") || (within umount -l "$image_dir/merged")
	[ -z "$daemon" ] || wait $daemon
	daemon=
}
