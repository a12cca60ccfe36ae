/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/overlay/tempname.h"

#include <stdatomic.h>
#include <stdio.h>

void tempname_make(char ret[TEMP_NAME_MAX])
{
	static atomic_uint counter;

	snprintf(ret, TEMP_NAME_MAX, "#%x", atomic_fetch_add(&counter, 1));
}
