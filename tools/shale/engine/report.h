/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The answer of `shale engine`: what to write into which file, what to run, and what works. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

struct report {
	json_t *answer;
	bool user;   /* it is the caller's own engine, and not the system's */
	bool failed; /* a check has failed */
};

void report_begin(struct report *report, const char *engine, bool user);
/* Adds the engine that was found: its PATH, and the text of its version. */
void report_version(struct report *report, const char *path, const char *version);
/* Adds the file PATH and the text to write into it. */
void report_file(struct report *report, const char *path, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Adds a command to run after that. */
void report_command(struct report *report, const char *command);
/* Adds a trial and its result: WORKS; REASON tells by which means, or why not; REMEDY tells what to
 * do if it does not. Returns WORKS. */
bool report_check(struct report *report, const char *name, bool works, const char *reason,
	const char *remedy);
/* Prints it, as JSON or in lines, and releases it. */
void report_end(struct report *report, bool json);
