/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/container/process.h"

#include "common/base/scope.h"
#include "tools/shale/cli.h"

#include <stdlib.h>
#include <string.h>

static char default_command[] = "/bin/sh";

/* Copies the list, with room for N more strings. The strings stay LIST's. The caller frees the
 * array; NULL without memory. */
static char **words_of(const json_t *list, size_t n, size_t *ret_n)
{
	char **words = calloc(json_array_size(list) + n + 1, sizeof(*words));
	const json_t *word;
	size_t i;

	*ret_n = 0;
	json_array_foreach(list, i, word) if (words && json_is_string(word))
		words[(*ret_n)++] = (char *)json_string_value(word);
	return words;
}

/* Copies the keys of OBJECT into an array, which the caller frees. */
static char **keys_of(const json_t *object)
{
	char **keys = calloc(json_object_size(object) + 1, sizeof(*keys));
	const char *key;
	json_t *value;
	size_t n = 0;

	json_object_foreach((json_t *)object, key, value) if (keys && *key) keys[n++] = (char *)key;
	return keys;
}

static size_t count(char *const *words)
{
	size_t n = 0;

	while (words[n])
		n++;
	return n;
}

/* Makes the command line: entrypoint, then command. Those of the user replace those of the
 * config. */
static char **make_command(const json_t *config, const struct process_options *options)
{
	const json_t *entrypoint = options->entrypoint ? NULL
						       : json_object_get(config, "Entrypoint");
	const bool said = options->entrypoint || *options->command;
	const json_t *cmd = said ? NULL : json_object_get(config, "Cmd");
	size_t n;
	char **words = words_of(entrypoint, json_array_size(cmd) + count(options->command) + 2, &n);

	if (!words)
		return NULL;
	if (options->entrypoint && *options->entrypoint)
		words[n++] = (char *)options->entrypoint;
	for (char *const *word = options->command; *word; word++)
		words[n++] = *word;
	for (size_t i = 0; i < json_array_size(cmd); i++) {
		const char *word = json_string_value(json_array_get(cmd, i));
		if (word)
			words[n++] = (char *)word;
	}
	if (!n)
		words[n] = default_command;
	return words;
}

static char *text_of(const json_t *config, const char *key)
{
	const char *text = json_string_value(json_object_get(config, key));

	return (char *)(text ? text : "");
}

int process_open(const char *config, const struct process_options *options, struct process *ret,
	struct shale_error *err)
{
	struct process process = { .config = json_loads(config, 0, NULL) };
	const json_t *inner = json_object_get(process.config, "config");
	size_t n;

	if (!process.config)
		return cli_fail(err, -EBADMSG, "read the config");
	process.command = make_command(inner, options);
	process.env = words_of(json_object_get(inner, "Env"), 0, &n);
	process.volumes = keys_of(json_object_get(inner, "Volumes"));
	process.user = text_of(inner, "User");
	process.working_dir = text_of(inner, "WorkingDir");
	if (!process.command || !process.env || !process.volumes) {
		process_close(&process);
		return cli_fail(err, -ENOMEM, "read the config");
	}
	*ret = process;
	return 0;
}

void process_close(struct process *process)
{
	free(process->command);
	free(process->env);
	free(process->volumes);
	json_decref(process->config);
	*process = (struct process){ 0 };
}
