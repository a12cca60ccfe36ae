/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gives a file that was just unpacked the owner, mode, xattrs and times of its tar entry. */
#pragma once

#include <archive_entry.h>
#include <sys/stat.h>

#include "common/archive/apply/apply_spec.h"
#include "common/shale.h"

struct restore {
	const struct apply_spec *spec;
	const struct apply_limits *limits;
	uint64_t *skipped_xattrs; /* counts xattrs that the file cannot have */
};

enum restore_access {
	RESTORE_PATH, /* the file is known by an O_PATH descriptor */
	RESTORE_OPEN,
};

/* One file: NAME in DIRFD, also open as FD. */
struct restore_file {
	int dirfd;
	const char *name;
	int fd;
	enum restore_access access;
	const struct stat *now; /* the file's owner and mode if they are known, or NULL */
};

/* Returns the device number in ENTRY, cut to the bits that a host can hold. */
dev_t restore_device(struct archive_entry *entry);

/* Reads the owner, mode, type and device number in ENTRY. Cuts numbers to the bits that a host
 * can hold. */
int restore_stat(struct archive_entry *entry, struct stat *ret, struct shale_error *err);

/* Sets everything but times and default ACLs, in this order: owner, mode, xattrs,
 * security.capability. */
int restore_metadata(const struct restore *restore, const struct restore_file *file,
	struct archive_entry *entry, struct shale_error *err);

/* Sets the metadata of ENTRY, a hard link, on its FILE like restore_metadata, and the times, too;
 * the file's type stays. Changes only what differs; returns 1 if something did. A symbolic link
 * keeps its times. */
int restore_link(const struct restore *restore, const struct restore_file *file,
	struct archive_entry *entry, struct shale_error *err);

/* Sets owner and mode alone. */
int restore_owner(const struct restore *restore, const struct restore_file *file,
	const struct stat *want, struct shale_error *err);

/* Adds the remedy for an owner that could not be set to ERR. Returns CODE. */
int restore_explain_id(int code, struct shale_error *err);

/* Reads an ACL like acl_of_entry, and explains an error in ERR. */
ssize_t restore_acl_of(struct archive_entry *entry, int type, char **ret, struct shale_error *err);

/* Returns the entry's times. An entry without an atime gets its mtime as atime. */
void restore_times(struct archive_entry *entry, struct timespec ret[2]);

/* Sets one xattr under the name by which the layer keeps it. */
int restore_xattr(const struct restore *restore, int fd, const char *name, const void *value,
	size_t size, struct shale_error *err);
