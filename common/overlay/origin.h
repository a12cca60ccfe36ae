/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The origin mark: says from which lower inode an upper inode was copied up. The kernel writes it
 * in the same form (struct ovl_fb of fs/overlayfs/overlayfs.h: a header, the filesystem's uuid, a
 * file handle). With the mark st_ino stays the same after a copy-up and at the next mount.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/overlay/overlay_xattr.h"

#define ORIGIN_MAX (21 + 128)

struct origin {
	size_t size; /* 0: the lower filesystem has no handles ("origin unknown") */
	uint8_t bytes[ORIGIN_MAX];
};

/* Reads the filesystem's uuid for origin_make. Returns 0, or a negative errno if it has none. */
int origin_uuid(int fd, uint8_t ret[16]);

/* Makes the mark for the inode of FD (O_PATH will do). UUID is its filesystem's; NULL: unknown. */
void origin_make(int fd, const uint8_t uuid[16], struct origin *ret);

/* Makes the mark for NAME in DIRFD like origin_make. Does not follow a symbolic link. */
void origin_make_at(int dirfd, const char *name, const uint8_t uuid[16], struct origin *ret);
/* Marks ORIGIN as one of an inode in the upper layer, not in a lower one. */
void origin_is_upper(struct origin *origin);
/* Whether ORIGIN is on the filesystem with UUID (NULL: unknown). */
bool origin_is_on(const struct origin *origin, const uint8_t uuid[16]);
/* Opens the inode of ORIGIN on the filesystem of the directory FD, with O_PATH. Returns -ESTALE if
 * the inode is gone, -EPERM without CAP_DAC_READ_SEARCH in the initial user namespace. */
int origin_open(int fd, const struct origin *origin);

int origin_set(int fd, enum xattr_class class, const struct origin *origin);

/* Reads the mark of FD into RET and returns 1. Returns 0 if there is no mark, or a negative errno.
 */
int origin_get(int fd, enum xattr_class class, struct origin *ret);

/* Parses the N bytes of a mark in RET; returns like origin_get. N may be the negative errno of
 * reading the mark. */
int origin_parse(ssize_t n, struct origin *ret);

/* Returns the inode number in the handle; 0 if this kind of handle does not show it. */
uint64_t origin_ino(const struct origin *origin);
