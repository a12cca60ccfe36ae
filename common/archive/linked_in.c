/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For static programs: libarchive and libcrypto are linked in, so these functions have nothing to
 * load. */
#include "common/archive/libarchive.h"
#include "common/archive/libcrypto.h"

int libarchive_load(struct shale_error *err)
{
	(void)err;
	return 0;
}

int libcrypto_load(struct shale_error *err)
{
	(void)err;
	return 0;
}
