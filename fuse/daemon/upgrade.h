/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Another build of the program goes on with a mount: the keeper makes itself that program, with all
 * its descriptors. */
#pragma once

#include <stdbool.h>

struct kept;

struct upgrade {
	struct kept *kept;
	const char *program; /* path of the installed program */
	char *const *argv;   /* arguments of this program, for the next one; NULL-terminated */
};

/* Options of the program, for itself alone. */
#define OPTION_ADOPT "--adopt="      /* goes on with the mount whose memory is this descriptor */
#define OPTION_TAKES "--takes-over=" /* exits with 0 if it could take over VERSION:LAYOUT */

/* Whether the program that is installed now knows this one's table; if not, a line to standard
 * error says so. */
bool upgrade_check(const struct upgrade *upgrade);
/* Becomes that program; the worker has ended. Returns if it cannot be started. */
void upgrade_start(const struct upgrade *upgrade);
/* In a worker: asks its keeper for an upgrade, which then counts as done or as refused. If the
 * keeper has died, the worker is replaced together with it. */
void upgrade_ask(const struct upgrade *upgrade);
/* Puts right what upgrade_start had to change of the descriptors. */
void upgrade_done(void);
