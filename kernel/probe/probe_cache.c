/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/probe/probe_cache.h"

#include "config.h"

#include "common/base/scope.h"
#include "kernel/fs_type.h"
#include "kernel/probe/feature.h"

#include <fcntl.h>
#include <jansson.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#define CACHE      "probe-kernel.json"
#define PARAMETERS "/sys/module/overlay/parameters"

static void cleanup_json(json_t **json)
{
	json_decref(*json);
}

#define auto_json __attribute__((cleanup(cleanup_json)))

/* Reads a small file in DIRFD, without its last newline. RET is "" if there is no such file. */
static void read_text(int dirfd, const char *name, char *ret, size_t size)
{
	auto_close int fd = sys(openat(dirfd, name, O_RDONLY | O_CLOEXEC));
	ssize_t n = fd < 0 ? 0 : read(fd, ret, size - 1);

	if (n > 0 && ret[n - 1] == '\n')
		n--;
	ret[n > 0 ? n : 0] = 0;
}

static json_t *module_parameters(void)
{
	json_t *all = json_object();
	auto_closedir DIR *dir = opendir(PARAMETERS);
	struct dirent *entry;
	char value[64];

	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.') {
			read_text(dirfd(dir), entry->d_name, value, sizeof(value));
			json_object_set_new(all, entry->d_name, json_string(value));
		}
	return all;
}

/* Reads the effective capabilities. They matter, because a container's root may lack
 * CAP_SYS_ADMIN. */
static void read_capabilities(char *ret, size_t size)
{
	auto_fclose FILE *status = fopen("/proc/self/status", "re");
	char line[256];

	*ret = 0;
	while (status && fgets(line, sizeof(line), status))
		if (!strncmp(line, "CapEff:", 7)) {
			snprintf(ret, size, "%s", line + 8);
			ret[strcspn(ret, "\n")] = 0;
			return;
		}
}

static json_t *key_of(int home)
{
	char boot[64], type[32], capabilities[64], ids[4096];
	struct utsname host;
	struct stat st;

	if (uname(&host) < 0 || fstat(home, &st) < 0)
		return NULL;
	read_text(AT_FDCWD, "/proc/self/uid_map", ids, sizeof(ids));
	read_text(AT_FDCWD, "/proc/sys/kernel/random/boot_id", boot, sizeof(boot));
	fs_type_name(home, type);
	read_capabilities(capabilities, sizeof(capabilities));
	return json_pack("{ss ss ss ss ss ss si sI sI so si}", "version", PACKAGE_VERSION, "boot",
		boot, "kernel", host.release, "filesystem", type, "capabilities", capabilities,
		"ids", ids, "class", (int)xattr_class_of_process(), "device", (json_int_t)st.st_dev,
		"user", (json_int_t)geteuid(), "parameters", module_parameters(), "features",
		(int)kernel_n_features);
}

static bool read_features(json_t *list, struct probe_results *results)
{
	json_t *item;
	size_t i;

	if (json_array_size(list) != kernel_n_features)
		return false;
	json_array_foreach(list, i, item)
	{
		struct probe_feature *feature = &results->features[i];
		const char *name, *reason;
		int works;
		if (json_unpack(item, "{ss sb ss}", "name", &name, "works", &works, "reason",
			    &reason) < 0 ||
			strcmp(name, kernel_features[i].name) != 0)
			return false;
		feature->name = kernel_features[i].name;
		feature->works = works;
		snprintf(feature->reason, sizeof(feature->reason), "%s", reason);
	}
	results->n = kernel_n_features;
	return true;
}

bool probe_cache_read(int home, const char *run_path, struct probe_results *ret)
{
	auto_close int run = sys(open(run_path, O_PATH | O_DIRECTORY | O_CLOEXEC));
	auto_close int fd = run < 0 ? run
				    : sys(openat(run, CACHE, O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
	/* Not json_loadfd(): it makes one system call for each byte. */
	auto_fclose FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	auto_json json_t *cache = file ? json_loadf(file, 0, NULL) : NULL;
	auto_json json_t *key = key_of(home);
	struct probe_results results = { .n = 0 };
	json_t *old_key, *list;
	const char *text, *remedy;
	int code;

	if (file)
		steal_fd(&fd);
	if (!cache || !key ||
		json_unpack(cache, "{so so si ss ss}", "key", &old_key, "features", &list, "code",
			&code, "text", &text, "remedy", &remedy) < 0)
		return false;
	if (!json_equal(key, old_key) || !read_features(list, &results))
		return false;
	results.why.code = code;
	snprintf(results.why.text, sizeof(results.why.text), "%s", text);
	snprintf(results.why.remedy, sizeof(results.why.remedy), "%s", remedy);
	*ret = results;
	return true;
}

static json_t *pack(int home, const struct probe_results *results)
{
	json_t *list = json_array();

	for (size_t i = 0; i < results->n; i++)
		json_array_append_new(list,
			json_pack("{ss sb ss}", "name", results->features[i].name, "works",
				results->features[i].works, "reason", results->features[i].reason));
	return json_pack("{so so si ss ss}", "key", key_of(home), "features", list, "code",
		results->why.code, "text", results->why.text, "remedy", results->why.remedy);
}

void probe_cache_write(int home, const char *run_path, const struct probe_results *results)
{
	char name[64];
	auto_close int run = sys(open(run_path, O_PATH | O_DIRECTORY | O_CLOEXEC));
	auto_json json_t *cache = pack(home, results);

	if (run < 0 || !cache)
		return;
	snprintf(name, sizeof(name), "%s.%d", CACHE, (int)gettid());
	auto_close int fd = sys(
		openat(run, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600));
	if (fd < 0)
		return;
	if (json_dumpfd(cache, fd, JSON_INDENT(1)) < 0 || renameat(run, name, run, CACHE) < 0)
		(void)unlinkat(run, name, 0);
}
