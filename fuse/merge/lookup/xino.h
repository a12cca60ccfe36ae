/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The inode numbers that a mount shows if its layers are on several filesystems. A layer's numbers
 * are those of its filesystem; high bits tell the filesystems apart. With xino=on these are the
 * kernel's bits (Documentation/filesystems/overlayfs.rst, "Inode properties"). Otherwise they are
 * the highest of the lower 32 bits, as long as the numbers leave those free: a 32-bit program can
 * stat no file with a larger number. The kernel can show another st_dev instead; FUSE cannot.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum xino_option {
	XINO_OFF,
	XINO_AUTO, /* on if the filesystems of the lower layers have uuids of their own */
	XINO_ON,
};

struct xino {
	uint16_t n_filesystems; /* 0: numbers are shown as they are */
	uint16_t first;         /* the high bits of the first filesystem */
	unsigned int shift;     /* the position of these bits */
	uint64_t most;          /* the largest number that leaves these bits free */
};

/* Returns the kernel's bits for N filesystems, two or more. The first is the upper layer's, if
 * there is one. OF_32_BITS says that all have inode numbers of 32 bits. */
struct xino xino_of_kernel(unsigned int n, bool upper, bool of_32_bits);
struct xino xino_within_32_bits(unsigned int n);

/* Returns the number to show for INO (see ino_compose). */
uint64_t xino_show(const struct xino *xino, uint64_t ino);
