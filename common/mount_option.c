/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/mount_option.h"

#define MOUNT_OPTION_TEXT(name, value) [OPTION_##name] = { #name, value },
const struct mount_option mount_options[N_MOUNT_OPTIONS] = { MOUNT_OPTIONS(MOUNT_OPTION_TEXT) };

const struct mount_option ignored_options[] = {
	{ "default_permissions", "" },
	{ "threaded", "0|1" },
	{ "fast_ino", "0|1" },
	{ "rw", "" },
	/* When mount(8) remounts, it repeats the kernel's options of the existing mount. */
	{ "user_id", "ID" },
	{ "group_id", "ID" },
	{ "rootmode", "MODE" },
	{ "max_read", "BYTES" },
	{ "blksize", "BYTES" },
	{ "dev", "" },
	{ "suid", "" },
	{ "exec", "" },
	{ "async", "" },
	{ "atime", "" },
	{ "relatime", "" },
	{ "norelatime", "" },
	{ "strictatime", "" },
	{ "nostrictatime", "" },
	{ "diratime", "" },
	{ "nodiratime", "" },
	{ "lazytime", "" },
	{ "nolazytime", "" },
	{ "defaults", "" },
	{ "private", "" },
	{ 0 },
};
