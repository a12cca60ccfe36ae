/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/lookup/xino.h"

#include "fuse/merge/table/table.h"

#define BITS_OF_PROGRAM 32 /* how many bits a 32-bit program has for an inode number */

uint64_t xino_show(const struct xino *xino, uint64_t ino)
{
	uint64_t filesystem = ino >> INO_BITS, number = ino & ((1ull << INO_BITS) - 1);

	if (filesystem >= xino->n_filesystems)
		return ino;
	if (number <= xino->most)
		return number | (filesystem + xino->first) << xino->shift;
	/* NUMBER has bits where the others have the filesystem: move it out of the way, to the
	 * range of the last filesystem. */
	if (filesystem == 0 && xino->shift < BITS_OF_PROGRAM && number <= UINT32_MAX)
		return number | (uint64_t)(MOST_FILESYSTEMS - 1) << INO_BITS;
	return ino;
}

static unsigned int log2_of(unsigned int n)
{
	unsigned int bits = 0;

	while (n >>= 1)
		bits++;
	return bits;
}

/* The lowest of the kernel's bits is for numbers that are not persistent, and stays 0 here. */
struct xino xino_of_kernel(unsigned int n, bool upper, bool of_32_bits)
{
	unsigned int first = upper ? 0 : 1;
	unsigned int bits = of_32_bits ? 32 : log2_of(n + first - 1) + 2;

	return (struct xino){ .n_filesystems = (uint16_t)n,
		.first = (uint16_t)first,
		.shift = 64 - bits + 1,
		.most = (1ull << (64 - bits)) - 1 };
}

struct xino xino_within_32_bits(unsigned int n)
{
	unsigned int shift = BITS_OF_PROGRAM - 1 - log2_of(n - 1);

	return (struct xino){
		.n_filesystems = (uint16_t)n, .shift = shift, .most = (1ull << shift) - 1
	};
}
