/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The answer of `shale engine`: what to write into which file, what to run, and what works. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

struct report {
	json_t *answer;
	bool user;   /* for the caller's own engine, not the system's */
	bool failed; /* some check did */
};

void report_begin(struct report *report, const char *engine, bool user);
/* The engine that was found: PATH, and what it says of its version. */
void report_version(struct report *report, const char *path, const char *version);
/* TEXT belongs into the file PATH. */
void report_file(struct report *report, const char *path, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* COMMAND is to be run after that. */
void report_command(struct report *report, const char *command);
/* A trial: it WORKS, REASON says with what or why not, and REMEDY what to do where it does not.
 * Returns WORKS. */
bool report_check(struct report *report, const char *name, bool works, const char *reason,
	const char *remedy);
/* Prints it, as JSON or in lines, and releases it. */
void report_end(struct report *report, bool json);
