/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/engine/report.h"

#include "common/base/scope.h"
#include "tools/quote.h"
#include "tools/shale/output.h"

#include <stdarg.h>
#include <stdio.h>

void report_begin(struct report *report, const char *engine, bool user)
{
	*report = (struct report){ .user = user };
	report->answer = json_pack("{s:s, s:b, s:[], s:[], s:[]}", "engine", engine, "user", user,
		"files", "commands", "checks");
}

void report_version(struct report *report, const char *path, const char *version)
{
	json_object_set_new(report->answer, "program", output_string(path));
	json_object_set_new(report->answer, "version", output_string(version));
}

void report_file(struct report *report, const char *path, const char *format, ...)
{
	auto_free char *text = NULL;
	va_list args;

	va_start(args, format);
	int n = vasprintf(&text, format, args);
	va_end(args);
	if (n < 0)
		text = NULL;
	json_array_append_new(json_object_get(report->answer, "files"),
		json_pack("{s:o, s:o}", "path", output_string(path), "text",
			output_string(text ? text : "")));
}

void report_command(struct report *report, const char *command)
{
	json_array_append_new(json_object_get(report->answer, "commands"), output_string(command));
}

bool report_check(
	struct report *report, const char *name, bool works, const char *reason, const char *remedy)
{
	report->failed |= !works;
	json_array_append_new(json_object_get(report->answer, "checks"),
		json_pack("{s:s, s:b, s:o, s:o}", "name", name, "works", works, "reason",
			output_string(reason), "remedy", output_string(works ? "" : remedy)));
	return works;
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static void print_configuration(const json_t *answer)
{
	json_t *file, *command;
	size_t i;

	json_array_foreach(json_object_get(answer, "files"), i, file)
	{
		output_words("# in ", "", text_of(file, "path"));
		puts(text_of(file, "text"));
	}
	if (json_array_size(json_object_get(answer, "commands")))
		puts("# then");
	json_array_foreach(json_object_get(answer, "commands"), i, command)
	{
		puts(json_string_value(command));
	}
}

static void print_checks(const json_t *answer)
{
	json_t *check;
	size_t i;

	puts("\n# checks");
	json_array_foreach(json_object_get(answer, "checks"), i, check)
	{
		const char *remedy = text_of(check, "remedy");

		printf("%-14s %-3s ", text_of(check, "name"),
			json_is_true(json_object_get(check, "works")) ? "yes" : "no");
		text_quote(stdout, text_of(check, "reason"), false);
		putchar('\n');
		if (*remedy)
			output_words("                   ", "", remedy);
	}
}

void report_end(struct report *report, bool json)
{
	if (json) {
		output_json(json_incref(report->answer));
	} else {
		if (*text_of(report->answer, "program")) {
			output_words("# ", "", text_of(report->answer, "version"));
			putchar('\n');
		}
		print_configuration(report->answer);
		print_checks(report->answer);
	}
	json_decref(report->answer);
}
