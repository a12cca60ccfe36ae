/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether a mount, a daemon or a namespace lives. If this process cannot see one, that does not
 * prove that it is gone. */
#pragma once

enum life {
	LIFE_GONE,    /* it is known to be gone: only then may a caller undo anything */
	LIFE_ALIVE,   /* it is known to live */
	LIFE_UNKNOWN, /* this process cannot tell: treat it as alive */
};
