/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/base/fdrange.h"

#include <sys/syscall.h>
#include <unistd.h>

void fdrange_close(unsigned int first, unsigned int last)
{
	enum { MOST = 1 << 16 };

	if (first > last || syscall(SYS_close_range, first, last, 0) == 0)
		return;
	for (unsigned int fd = first; fd <= last && fd < MOST; fd++)
		close((int)fd);
}
