/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The inode numbers that a mount shows if its layers are on several filesystems: the number on the
 * layer's filesystem, and high bits that tell the filesystems apart. With xino=on the bits are the
 * kernel's (Documentation/filesystems/overlayfs.rst, "Inode properties"). Otherwise they are the
 * highest of the lower 32 bits, if the numbers leave those free, because a 32-bit program cannot
 * stat a file with a larger number. The kernel can show another st_dev instead; FUSE cannot. */
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
	uint16_t first;         /* value of the high bits for the first filesystem */
	unsigned int shift;     /* position of the high bits */
	uint64_t most;          /* the largest number that leaves the high bits free */
};

/* Returns the kernel's bits for N filesystems, at least two. UPPER: the first one is the upper
 * layer's. OF_32_BITS: all have inode numbers of 32 bits. */
struct xino xino_of_kernel(unsigned int n, bool upper, bool of_32_bits);
struct xino xino_within_32_bits(unsigned int n);

/* Returns the number to show for INO, which ino_compose has made. */
uint64_t xino_show(const struct xino *xino, uint64_t ino);
