/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale-docker/settings.h"

#include "common/base/scope.h"
#include "tools/service/failure.h"
#include "tools/shale-docker/request.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#define NAME            "docker.json"
#define ID              "%" JSON_INTEGER_FORMAT
#define OPTION          "shale."
#define SIZE            OPTION "size="
#define auto_json       __attribute__((cleanup(cleanup_json)))
#define OUT_OF_MEM(err) failure(err, -ENOMEM, "out of memory")

static void cleanup_json(json_t **json)
{
	json_decref(*json);
}

static int keep_run(const char *key, const char *value, void *arg)
{
	char **ret = arg;

	if (strcmp(key, "Run") != 0)
		return 0;
	return asprintf(ret, "%s/" NAME, value) < 0 ? -ENOMEM : 1;
}

void mapping_free(struct mapping *mapping)
{
	free(mapping->uidmap);
	free(mapping->gidmap);
	free(mapping->home);
	*mapping = (struct mapping){ 0 };
}

static void forget(struct settings *settings)
{
	mapping_free(&settings->mapping);
	free(steal_ptr(&settings->size));
}

/* ---- the settings of an Init request ---- */

/* Reads Docker's list of {container, host, size}: ids on the disk, and ids in the mount. dockerd
 * itself works in the mount as root of the host, for whom the list has no id. So that root gets the
 * id behind all others, until dockerd sets the owner of its files. */
static int read_map(const json_t *list, FILE *out, unsigned int *ret_root)
{
	json_int_t container, host, size, end = 0;
	bool has_root = false;
	const json_t *range;
	size_t i;

	json_array_foreach(list, i, range)
	{
		if (json_unpack((json_t *)range, "{s:I, s:I, s:I}", "container_id", &container,
			    "host_id", &host, "size", &size) < 0 ||
			container < 0 || host < 0 || size < 1 || container > UINT32_MAX ||
			host > UINT32_MAX || size > UINT32_MAX)
			return -EINVAL;
		fprintf(out, "%s" ID ":" ID ":" ID, i ? ":" : "", container, host, size);
		has_root |= host == 0;
		if (container == 0)
			*ret_root = (unsigned int)host;
		if (container + size > end)
			end = container + size;
	}
	if (!has_root)
		fprintf(out, ":" ID ":0:1", end);
	return 0;
}

/* Takes one map from the request. null means no map. An empty list is refused: no mount can show a
 * map without ids. */
static int take_map(const json_t *request, const char *key, char **ret, unsigned int *ret_root,
	struct shale_error *err)
{
	auto_free char *text = NULL;
	const json_t *list;
	size_t size;
	int r = request_array(request, key, &list, err);

	if (r < 0 || !list)
		return r;
	if (json_array_size(list) == 0)
		return failure(err, -EINVAL, "Container ID 0 cannot be mapped to a host ID");
	FILE *out = open_memstream(&text, &size);
	if (!out)
		return OUT_OF_MEM(err);
	r = read_map(list, out, ret_root);
	if (fclose(out) != 0)
		return OUT_OF_MEM(err);
	if (r < 0)
		return failure(err, r, "'%s' of the request is no list of id maps", key);
	*ret = steal_ptr(&text);
	return 0;
}

/* Takes the options of an Init request. dockerd passes on each --storage-opt, and its key may have
 * capitals. */
static int take_options(const json_t *request, char **ret_size, struct shale_error *err)
{
	const json_t *list, *value;
	size_t i;
	int r = request_array(request, "Opts", &list, err);

	if (r < 0 || !list)
		return r;
	json_array_foreach(list, i, value)
	{
		const char *option = json_string_value(value);

		if (!option)
			return failure(err, REQUEST_MALFORMED,
				"'Opts' of the request is no list of strings");
		if (strncasecmp(option, SIZE, strlen(SIZE)) != 0)
			return failure(err, -EINVAL, "shale: unknown option %.*s",
				(int)strcspn(option, "="), option);
		free(*ret_size);
		*ret_size = strdup(option + strlen(SIZE));
		if (!*ret_size)
			return OUT_OF_MEM(err);
	}
	return 0;
}

static int decode(const json_t *request, struct settings *into, struct shale_error *err)
{
	struct mapping *mapping = &into->mapping;
	unsigned int root_uid;
	const char *home = request_text(request, "Home", err);
	int r = home ? take_options(request, &into->size, err) : REQUEST_MALFORMED;

	if (r == 0)
		r = take_map(request, "UIDMaps", &mapping->uidmap, &root_uid, err);
	if (r == 0)
		r = take_map(request, "GIDMaps", &mapping->gidmap, &mapping->root_gid, err);
	if (r < 0 || (!mapping->uidmap && !mapping->gidmap))
		return r;
	if (*home != '/')
		return failure(err, REQUEST_MALFORMED, "'Home' of the request is no absolute path");
	mapping->home = strdup(home);
	return mapping->home ? 0 : OUT_OF_MEM(err);
}

/* ---- the file of the settings ---- */

static int write_file(const struct settings *settings, const json_t *request)
{
	auto_free char *draft = NULL, *text = json_dumps(request, JSON_COMPACT);

	if (!text || asprintf(&draft, "%s.new", settings->path) < 0)
		return -ENOMEM;
	auto_close int fd = sys(
		open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600));
	if (fd < 0)
		return fd;
	size_t size = strlen(text);
	ssize_t n = write(fd, text, size);
	if (n < 0 || (size_t)n != size)
		return n < 0 ? -errno : -ENOSPC;
	return sys(rename(draft, settings->path));
}

static int read_file(struct settings *settings, struct shale_error *err)
{
	auto_json json_t *request = NULL;
	json_error_t why;
	auto_close int fd = sys(open(settings->path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC));

	if (fd == -ENOENT)
		return 0;
	if (fd < 0)
		return failure(err, fd, "open '%s': %s", settings->path, strerror(-fd));
	request = json_loadfd(fd, 0, &why);
	if (!json_is_object(request))
		return failure(err, -EINVAL, "'%s' is damaged: start dockerd anew without it",
			settings->path);
	return decode(request, settings, err);
}

/* ---- functions of the header ---- */

int settings_open(struct shale_store *store, struct settings *ret, struct shale_error *err)
{
	struct settings settings = { 0 };
	int r = shale_store_status(store, keep_run, &settings.path, err);

	if (r < 0)
		return r;
	if (!settings.path)
		return failure(err, -EROFS, "the store belongs to another engine");
	pthread_mutex_init(&settings.lock, NULL);
	r = read_file(&settings, err);
	if (r < 0) {
		settings_close(&settings);
		return r;
	}
	*ret = settings;
	return 0;
}

void settings_close(struct settings *settings)
{
	forget(settings);
	free(settings->path);
	pthread_mutex_destroy(&settings->lock);
}

int settings_take(struct settings *settings, const json_t *request, struct shale_error *err)
{
	struct settings taken = { 0 };
	int r = decode(request, &taken, err);

	if (r == 0) {
		pthread_mutex_lock(&settings->lock);
		r = write_file(settings, request);
		if (r == 0) {
			forget(settings);
			settings->mapping = taken.mapping;
			taken.mapping = (struct mapping){ 0 };
			settings->size = steal_ptr(&taken.size);
		} else {
			failure(err, r, "write '%s': %s", settings->path, strerror(-r));
		}
		pthread_mutex_unlock(&settings->lock);
	}
	forget(&taken);
	return r;
}

static int copy(const char *text, char **ret)
{
	*ret = text ? strdup(text) : NULL;
	return text && !*ret ? -ENOMEM : 0;
}

int settings_mapping(struct settings *settings, struct mapping *ret, struct shale_error *err)
{
	auto_mapping struct mapping mapping = { 0 };

	pthread_mutex_lock(&settings->lock);
	mapping.root_gid = settings->mapping.root_gid;
	int r = copy(settings->mapping.uidmap, &mapping.uidmap);
	if (r == 0)
		r = copy(settings->mapping.gidmap, &mapping.gidmap);
	if (r == 0)
		r = copy(settings->mapping.home, &mapping.home);
	pthread_mutex_unlock(&settings->lock);
	if (r < 0)
		return OUT_OF_MEM(err);
	*ret = mapping;
	mapping = (struct mapping){ 0 };
	return 0;
}

int settings_size(struct settings *settings, char **ret, struct shale_error *err)
{
	pthread_mutex_lock(&settings->lock);
	int r = copy(settings->size, ret);
	pthread_mutex_unlock(&settings->lock);
	return r < 0 ? OUT_OF_MEM(err) : 0;
}
