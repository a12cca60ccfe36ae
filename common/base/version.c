/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/shale.h"

unsigned int shale_version(void)
{
	return SHALE_VERSION;
}
