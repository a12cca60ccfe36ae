/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Replaces the program of a running mount by another build of it: the keeper executes that program
 * in its own process, with all its descriptors. */
#pragma once

#include <stdbool.h>

struct kept_state;

struct upgrade {
	struct kept_state *kept;
	const char *program; /* path of the installed program */
	/* arguments of this program, which the next one gets, too; NULL-terminated */
	char *const *argv;
};

/* Options that the program passes to itself, or to another build of it. */
#define OPTION_ADOPT "--adopt=" /* go on with the mount whose state is in this memfd */
/* Exit with 0 if this program can take over a state of VERSION:LAYOUT. */
#define OPTION_TAKES "--takes-over="

/* Whether the installed program can take over this program's table. If not, prints a line on
 * standard error. */
bool upgrade_check(const struct upgrade *upgrade);
/* Executes the installed program in this process. The worker has ended before. Returns only if that
 * fails. */
void upgrade_start(const struct upgrade *upgrade);
/* For a worker: asks the keeper for an upgrade, and counts the upgrade as done or refused. If the
 * keeper has died, replaces the worker as well. */
void upgrade_ask(const struct upgrade *upgrade);
/* For the new program: sets close-on-exec again on the descriptors that it got from
 * upgrade_start. */
void upgrade_done(void);
