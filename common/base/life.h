/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether something lives: what cannot be seen is not gone for that. */
#pragma once

enum life {
	LIFE_GONE,    /* it is known to be there no more: only this undoes anything */
	LIFE_ALIVE,   /* it is known to be there */
	LIFE_UNKNOWN, /* that cannot be told from here: it is treated as if it were there */
};
