/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether a mount, a daemon or a namespace still lives. Failing to see it does not prove that it is
 * gone. */
#pragma once

enum life {
	LIFE_GONE,    /* it is known to be gone: only this allows anything to be undone */
	LIFE_ALIVE,   /* it is known to live */
	LIFE_UNKNOWN, /* it cannot be told from here: treat it as alive */
};
