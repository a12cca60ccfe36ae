/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Another build of the program goes on with a mount: the keeper makes itself that program, with all
 * its descriptors. */
#pragma once

#include <stdbool.h>

struct kept_state;

struct upgrade {
	struct kept_state *kept;
	const char *program; /* path of the installed program */
	char *const *argv;   /* arguments of this program, for the next one; NULL-terminated */
};

/* The program passes these options to itself. */
#define OPTION_ADOPT "--adopt="      /* goes on with the mount whose memory is this descriptor */
#define OPTION_TAKES "--takes-over=" /* exits with 0 if it can take over VERSION:LAYOUT */

/* Whether the program that is installed now can read this program's table. If not, writes a line to
 * standard error. */
bool upgrade_check(const struct upgrade *upgrade);
/* Replaces this process, whose worker has ended, by that program. Returns only if the program
 * cannot be started. */
void upgrade_start(const struct upgrade *upgrade);
/* Called in a worker: asks the keeper for an upgrade, and counts it as done or as refused. If the
 * keeper has died, the worker is replaced together with it. */
void upgrade_ask(const struct upgrade *upgrade);
/* Sets close-on-exec again on the descriptors that upgrade_start has passed on. */
void upgrade_done(void);
