/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The answer of `shale engine`: files to write, commands to run, and results of trials. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

struct report {
	json_t *answer;
	bool user;   /* the engine runs as this user, not for the whole system */
	bool failed; /* a check has failed */
};

void report_begin(struct report *report, const char *engine, bool user);
/* Adds the program that was found at PATH, and its version as text. */
void report_version(struct report *report, const char *path, const char *version);
/* Adds the file PATH and the text to write into it. */
void report_file(struct report *report, const char *path, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Adds a command that the user runs after writing the files. */
void report_command(struct report *report, const char *command);
/* Adds a trial and its result WORKS. REASON says how it works, or why it does not; REMEDY what to
 * do then. Returns WORKS. */
bool report_check(struct report *report, const char *name, bool works, const char *reason,
	const char *remedy);
/* Prints the report, as JSON or in lines, and frees it. */
void report_end(struct report *report, bool json);
