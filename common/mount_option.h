/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The one list of shale-fuse's mount options: fuse/backend writes them, fuse/daemon reads them and
 * prints them in its help, and a test compares shale-fuse(1) with the list. To add an option, add a
 * line here, a setter in fuse/daemon/set_option.c and an item in the man page. */
#pragma once

#include <stddef.h>

/* Each option: its NAME, and the form of its value: "" if it has none; in brackets if it is
 * optional. */
#define MOUNT_OPTIONS(OPTION)                                                                      \
	OPTION(lowerdir, "DIR[:DIR]...[::DATA]...")                                                \
	OPTION(upperdir, "DIR")                                                                    \
	OPTION(workdir, "DIR")                                                                     \
	OPTION(uidmapping, "DISK:SHOWN:COUNT[:...]")                                               \
	OPTION(gidmapping, "DISK:SHOWN:COUNT[:...]")                                               \
	OPTION(squash_to_root, "")                                                                 \
	OPTION(squash_to_uid, "ID")                                                                \
	OPTION(squash_to_gid, "ID")                                                                \
	OPTION(xattr_permissions, "0|1|2")                                                         \
	OPTION(userxattr, "")                                                                      \
	OPTION(size, "BYTES")                                                                      \
	OPTION(timeout, "SECONDS")                                                                 \
	OPTION(writeback, "0|1")                                                                   \
	OPTION(without, "OPTIMISATION[+OPTIMISATION]...")                                          \
	OPTION(copyup, "write|open")                                                               \
	OPTION(descriptors, "NUMBER")                                                              \
	OPTION(keeper, "on|off")                                                                   \
	OPTION(volatile, "")                                                                       \
	OPTION(fsync, "0|1")                                                                       \
	OPTION(redirect_dir, "on|off|follow|nofollow")                                             \
	OPTION(metacopy, "on|off")                                                                 \
	OPTION(index, "on|off")                                                                    \
	OPTION(aufs, "on|off")                                                                     \
	OPTION(ro, "")                                                                             \
	OPTION(noacl, "")                                                                          \
	OPTION(noxattrs, "[0|1]")                                                                  \
	OPTION(static_nlink, "")                                                                   \
	OPTION(ino32_t, "")                                                                        \
	OPTION(xino, "off|auto|on")                                                                \
	OPTION(remount, "")                                                                        \
	OPTION(nodev, "")                                                                          \
	OPTION(nosuid, "")                                                                         \
	OPTION(noexec, "")                                                                         \
	OPTION(noatime, "")                                                                        \
	OPTION(sync, "")                                                                           \
	OPTION(dirsync, "")                                                                        \
	OPTION(allow_other, "")                                                                    \
	OPTION(allow_root, "")                                                                     \
	OPTION(fsname, "NAME")                                                                     \
	OPTION(subtype, "NAME")                                                                    \
	OPTION(context, "CONTEXT")                                                                 \
	OPTION(log, "FILE")                                                                        \
	OPTION(pidfile, "FILE")                                                                    \
	OPTION(lockfile, "FILE")                                                                   \
	OPTION(stats, "FILE")

#define MOUNT_OPTION_ID(name, value) OPTION_##name,
enum mount_option_id { MOUNT_OPTIONS(MOUNT_OPTION_ID) N_MOUNT_OPTIONS };
#undef MOUNT_OPTION_ID

struct mount_option {
	const char *name, *value;
};
extern const struct mount_option mount_options[N_MOUNT_OPTIONS];

/* Options of fuse-overlayfs(1) and mount(8) that are accepted and have no effect: shale always
 * behaves as they ask, or cannot. VALUE is "" if the option takes no value. An entry without a name
 * ends the list. */
extern const struct mount_option ignored_options[];
