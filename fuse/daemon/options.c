/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/daemon/options.h"

#include "common/base/scope.h"
#include "common/base/error.h"
#include "fuse/daemon/set_option.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct option {
	const char *name;
	bool has_value;
	set_option_fn *set;
};

static const struct {
	const char *name;
	enum mount_option_id id;
} aliases[] = { { "uidmap", OPTION_uidmapping }, { "gidmap", OPTION_gidmapping } };

static bool is_name(const char *name, const char *text, size_t length)
{
	return strlen(name) == length && !strncmp(name, text, length);
}

/* Finds an option by its name or by an alias. Returns false if there is none. */
static bool find(const char *name, size_t length, struct option *ret)
{
	for (size_t i = 0; i < sizeof(aliases) / sizeof(*aliases); i++)
		if (is_name(aliases[i].name, name, length)) {
			name = mount_options[aliases[i].id].name;
			length = strlen(name);
		}
	for (size_t i = 0; i < N_MOUNT_OPTIONS; i++)
		if (is_name(mount_options[i].name, name, length)) {
			const char *value = mount_options[i].value;
			*ret = (struct option){ mount_options[i].name, *value && *value != '[',
				option_setters[i] };
			return true;
		}
	for (const struct mount_option *option = ignored_options; option->name; option++)
		if (is_name(option->name, name, length)) {
			*ret = (struct option){ option->name, *option->value,
				option_setter_of_ignored(option->name) };
			return true;
		}
	return false;
}

/* Adds the option TEXT to the list of unknown ones, which reads "'one', 'two'". */
static int note_unknown(struct parse *parse, const char *text)
{
	char *before = parse->options->unknown, *words;

	if (asprintf(&words, "%s%s'%s'", before ? before : "", before ? ", " : "", text) < 0)
		return error_fail(parse->err, -ENOMEM, "read options");
	free(before);
	parse->options->unknown = words;
	parse->options->n_unknown++;
	return 0;
}

static int set_one(struct parse *parse, char *text)
{
	char *equals = strchr(text, '=');
	struct option option;
	bool known = find(text, equals ? (size_t)(equals - text) : strlen(text), &option);

	if (!*text)
		return 0;
	if (!known && parse->last_map && strspn(text, "0123456789:") == strlen(text))
		return option_add_ranges(parse, text,
			parse->last_map == &parse->options->map_uids ? &parse->options->uids
								     : &parse->options->gids);
	parse->last_map = NULL;
	if (!known)
		return note_unknown(parse, text);
	if (option.has_value && !equals)
		return error_fail_plain(parse->err, -EINVAL, "option '%s' needs a value", text);
	return option.set(parse, equals ? equals + 1 : "");
}

/* Copies the first option in TEXT to RET without its quotes, and returns the text after it. Keeps a
 * backslash before a colon, because lowerdir needs it. */
static const char *take_option(const char *text, char *ret)
{
	bool quoted = false;

	for (; *text && (quoted || *text != ','); text++) {
		if (*text == '"') {
			quoted = !quoted;
			continue;
		}
		if (*text == '\\' && text[1] == ',')
			text++;
		else if (*text == '\\' && text[1])
			*ret++ = *text++;
		*ret++ = *text;
	}
	*ret = 0;
	return *text ? text + 1 : text;
}

int daemon_options_add(struct daemon_options *options, const char *text, struct shale_error *err)
{
	struct parse parse = { .options = options, .err = err };
	auto_free char *one = malloc(strlen(text) + 1);

	if (!one)
		return error_fail(err, -ENOMEM, "read options");
	while (*text) {
		text = take_option(text, one);
		int r = set_one(&parse, one);
		if (r < 0)
			return r;
	}
	return 0;
}

void daemon_options_init(struct daemon_options *options)
{
	*options = (struct daemon_options){ .timeout = -1,
		.redirect = -1,
		.aufs = true,
		.keeper = -1,
		.uids = { .squash = -1 },
		.gids = { .squash = -1 } };
}

void daemon_options_free(struct daemon_options *options)
{
	for (size_t i = 0; i < options->lowers.n; i++)
		free(options->lowers.paths[i]);
	free(options->lowers.paths);
	free(options->upper);
	free(options->work);
	free(options->context);
	free(options->fsname);
	free(options->subtype);
	free(options->log);
	free(options->pid_file);
	free(options->lock_file);
	free(options->stats);
	free(options->unknown);
	idmap_clear(&options->uids);
	idmap_clear(&options->gids);
	daemon_options_init(options);
}
