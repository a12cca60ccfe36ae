/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The origin mark: tells which lower inode an upper one was copied up from, as the kernel writes it
 * (struct ovl_fb of fs/overlayfs/overlayfs.h: a header, the filesystem's uuid, a file handle). With
 * it st_ino stays the same across copy-up and across mounts.
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

/* The filesystem's uuid, for origin_make: 0, or a negative errno if it tells none. */
int origin_uuid(int fd, uint8_t ret[16]);

/* The mark for the inode of FD (O_PATH will do), on a filesystem with UUID (NULL: unknown). */
void origin_make(int fd, const uint8_t uuid[16], struct origin *ret);

/* The same for NAME in DIRFD, which is not followed. */
void origin_make_at(int dirfd, const char *name, const uint8_t uuid[16], struct origin *ret);
/* Marks ORIGIN as naming an inode of the upper layer, not of a lower one. */
void origin_is_upper(struct origin *origin);
/* Whether ORIGIN lies on the filesystem with UUID (NULL: unknown). */
bool origin_is_on(const struct origin *origin, const uint8_t uuid[16]);
/* An O_PATH descriptor of the inode, on the filesystem that the directory FD lies on; -ESTALE if it
 * is gone, -EPERM without CAP_DAC_READ_SEARCH in the initial user namespace. */
int origin_open(int fd, const struct origin *origin);

int origin_set(int fd, enum xattr_class class, const struct origin *origin);

/* Returns 1 and the mark of FD, 0 without one, or a negative errno. */
int origin_get(int fd, enum xattr_class class, struct origin *ret);

/* The same for a mark of N bytes that was read into RET; N may be the negative errno of reading
 * it. */
int origin_parse(ssize_t n, struct origin *ret);

/* The inode number in the handle; 0 for kinds of handle that do not show it. */
uint64_t origin_ino(const struct origin *origin);
