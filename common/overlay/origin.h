/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The origin mark: which lower inode an upper one was copied up from, as the kernel writes it
 * (struct ovl_fb of fs/overlayfs/overlayfs.h: a header, the filesystem's uuid, a file handle). It
 * keeps st_ino the same across copy-up and across mounts.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/overlay/xattr.h"

#define SHALE_ORIGIN_MAX (21 + 128)

struct shale_origin {
	size_t size; /* 0: copied up from where no handle can be had ("origin unknown") */
	uint8_t bytes[SHALE_ORIGIN_MAX];
};

/* The filesystem's uuid, for shale_origin_make: 0, or a negative errno where it tells none. */
int shale_origin_uuid(int fd, uint8_t ret[16]);

/* The mark for the inode of FD (O_PATH will do), on a filesystem with UUID (NULL: unknown). */
void shale_origin_make(int fd, const uint8_t uuid[16], struct shale_origin *ret);

/* The same for NAME in DIRFD, which is not followed. */
void shale_origin_make_at(
	int dirfd, const char *name, const uint8_t uuid[16], struct shale_origin *ret);
/* ORIGIN names an inode of the upper layer, not of a lower one. */
void shale_origin_is_upper(struct shale_origin *origin);
/* Whether its filesystem has UUID (NULL: unknown). */
bool shale_origin_is_on(const struct shale_origin *origin, const uint8_t uuid[16]);
/* An O_PATH descriptor of the inode, on the filesystem that the directory FD lies on; -ESTALE if it
 * is gone, -EPERM without CAP_DAC_READ_SEARCH in the initial user namespace. */
int shale_origin_open(int fd, const struct shale_origin *origin);

int shale_origin_set(int fd, enum shale_xattr_class class, const struct shale_origin *origin);

/* 1 and the mark of FD, 0 without one, or a negative errno. */
int shale_origin_get(int fd, enum shale_xattr_class class, struct shale_origin *ret);

int shale_origin_get_at(
	int dirfd, const char *name, enum shale_xattr_class class, struct shale_origin *ret);

/* The inode number inside the handle, which is 0 for the kinds of handle that keep none in the
 * open. */
uint64_t shale_origin_ino(const struct shale_origin *origin);
