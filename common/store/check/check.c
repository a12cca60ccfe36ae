/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/check/check.h"

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/store/foreign/adopted.h"
#include "common/store/files/jsonfile.h"
#include "common/store/kept_blob.h"
#include "common/store/layer.h"
#include "common/store/link.h"
#include "common/store/layer_ids.h"
#include "common/store/original_stream.h"
#include "common/store/store_struct.h"
#include "common/store/remains.h"
#include "common/store/files/smallfile.h"
#include "common/store/sums/sums.h"
#include "common/store/switch_finish.h"
#include "common/store/kept_blob_name.h"
#include "common/store/foreign/foreign.h"

#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

struct checker {
	const struct shale_store *store;
	const struct check_run *run;
};

struct subject {
	const char *kind, *name;
	enum problem_mend mend;
	const struct layer *layer; /* NULL if the layer could not be opened */
};

static int report(const struct checker *checker, const struct subject *subject, const char *format,
	...) __attribute__((format(printf, 3, 4)));

static int report(
	const struct checker *checker, const struct subject *subject, const char *format, ...)
{
	auto_free char *why = NULL;
	va_list args;

	/* Do not report a layer that another process removed or replaced during the check: half of
	 * its files may be gone. */
	if (subject->layer && layer_still_there(checker->store, subject->layer, NULL) < 0)
		return 0;
	va_start(args, format);
	int r = vasprintf(&why, format, args);
	va_end(args);
	if (r < 0)
		return -ENOMEM;
	const struct problem problem = { subject->kind, subject->name, why, subject->mend };
	return checker->run->fn(&problem, checker->run->arg);
}

#define unread_problem(checker, id, mend, ...)                                                     \
	report(checker, &(const struct subject){ "layer", id, mend, NULL }, __VA_ARGS__)
#define layer_problem(checker, layer, mend, ...)                                                   \
	report(checker, &(const struct subject){ "layer", (layer)->id, mend, layer }, __VA_ARGS__)

/* Tells whether DIRFD has a directory NAME: 1, 0, or a negative errno if it cannot be read. A read
 * error does not prove that the directory is lost. */
static int has_dir(int dirfd, const char *name)
{
	struct stat st;
	int r = sys(fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW));

	return r == 0 ? S_ISDIR(st.st_mode) : r == -ENOENT ? 0 : r;
}

/* Tells whether CODE shows damage of the files, and not a failure of the disk or the process. */
static bool is_damage(int code)
{
	return code == -ENOENT || code == -EINVAL || code == -EFBIG || code == -ELOOP ||
	       code == -ENOTDIR || code == -EISDIR || code == -ENXIO;
}

/* ---- layers of which a file cannot be read ---- */

/* Checks layer.json. It can be empty: some filesystems make a file empty after a power cut if it
 * was not synced. */
static int check_record(const struct checker *checker, const char *id, int dir)
{
	auto_json json_t *record = NULL;
	int r = json_read(dir, "layer.json", &record, NULL);

	if (r == 0 || !is_damage(r))
		return r;
	if (r == -ENOENT)
		return unread_problem(checker, id, MEND_REMOVE, "layer.json is lost");
	return unread_problem(checker, id, MEND_REMOVE, "layer.json: %s", strerror(-r));
}

static int explain_unreadable(const struct checker *checker, const char *id, const char *words)
{
	auto_json json_t *record = NULL;
	char link[SHORT_LEN + 1];
	auto_close int dir = sys(
		openat(checker->store->home, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));

	if (dir < 0)
		return dir == -ENOENT ? 0 : dir;
	int diff = has_dir(dir, "diff");
	if (diff < 0)
		return diff;
	/* A directory without layer.json and without diff/ never was a layer. */
	if (!diff && smallfile_exists(dir, "layer.json") == 0)
		return report(checker, &(const struct subject){ "file", id, MEND_ASIDE, NULL },
			"is not the store's");
	if (json_read(dir, "layer.json", &record, NULL) < 0)
		return check_record(checker, id, dir);
	int r = link_of(dir, link);
	if (r < 0 && !is_damage(r))
		return r;
	if (r < 0)
		return unread_problem(checker, id, MEND_LINK, "its file 'link' is %s",
			r == -ENOENT ? "lost" : "damaged");
	return unread_problem(checker, id, MEND_LOWER, "%s", words);
}

/* ---- layers that could be opened ---- */

static int check_link(const struct checker *checker, const struct layer *layer)
{
	char id[ID_MAX + 1];
	int r = link_read(checker->store, layer->link, id);

	if (r == -ENOENT)
		return layer_problem(
			checker, layer, MEND_LINK, "its link 'l/%s' is lost", layer->link);
	if (r < 0 && !is_damage(r))
		return r;
	if (r < 0)
		return layer_problem(checker, layer, MEND_LINK, "its link 'l/%s': %s", layer->link,
			strerror(-r));
	if (strcmp(id, layer->id) != 0)
		return layer_problem(checker, layer, MEND_LINK,
			"its link 'l/%s' leads to layer '%s'", layer->link, id);
	return 0;
}

static bool continues(const struct layer *layer, const struct layer *parent)
{
	if (layer->n_lowers != parent->n_lowers + 1 ||
		strcmp(layer->lowers[0] + 2, parent->link) != 0)
		return false;
	for (size_t i = 0; i < parent->n_lowers; i++)
		if (strcmp(layer->lowers[i + 1], parent->lowers[i]) != 0)
			return false;
	return true;
}

static int check_parent(const struct checker *checker, const struct layer *layer)
{
	auto_layer struct layer parent = LAYER_NONE;
	const char *name = layer_parent(layer);

	if (!*name && !layer->n_lowers)
		return 0;
	if (!*name)
		return layer_problem(checker, layer, MEND_REMOVE,
			"it has a 'lower', and layer.json knows of no parent");
	int r = layer_open(checker->store, name, &parent, NULL);
	int there = r == -ENOENT ? layer_is_there(checker->store, name) : 1;
	if (there < 0)
		return there;
	if (there == 0)
		return layer_problem(checker, layer, MEND_REMOVE, "its parent '%s' is lost", name);
	/* The parent cannot be read. The walk reports the parent itself, and its repair decides
	 * about this layer, too. */
	if (r < 0)
		return 0;
	if (!continues(layer, &parent))
		return layer_problem(checker, layer, MEND_LOWER,
			"its file 'lower' %s what its parent '%s' says",
			layer->n_lowers ? "is not" : "is lost:", name);
	if (!parent.committed)
		return layer_problem(checker, &parent, MEND_COMMITTED,
			"has the child '%s', and is not committed", layer->id);
	return 0;
}

static bool is_layers_file(const char *name)
{
	static const char *const known[] = { ".", "..", "diff", "link", "lower", "work", "merged",
		"committed", "layer.json", "index", "sums", "stream", "image.json", SWITCH_NEXT };

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (!strcmp(name, known[i]))
			return true;
	return kept_blob_is_name(name);
}

/* Returns the reason why FILE is not one of LAYER's files, or NULL if it is one. */
static const char *why_not(
	const struct checker *checker, const struct layer *layer, const char *file)
{
	if (!is_layers_file(file))
		return "is not the store's";
	if (!checker->run->contents || !kept_blob_is_name(file))
		return NULL;
	return kept_blob_check(layer->dir, file) == 0 ? "is damaged" : NULL;
}

static int check_files(const struct checker *checker, const struct layer *layer)
{
	struct dirent **entries;
	int r = 0, n = scandirat(layer->dir, ".", &entries, NULL, alphasort);

	if (n < 0)
		return -errno;
	for (int i = 0; i < n; i++) {
		char path[ID_MAX + 1 + sizeof(entries[i]->d_name)];

		snprintf(path, sizeof(path), "%s/%s", layer->id, entries[i]->d_name);
		const char *why = r == 0 ? why_not(checker, layer, entries[i]->d_name) : NULL;
		if (why)
			r = report(checker,
				&(const struct subject){ "file", path, MEND_ASIDE, NULL }, "%s",
				why);
		free(entries[i]);
	}
	free(entries);
	return r;
}

/* Checks the files of an adopted layer. Offers no repair: the other engine may bring lost files
 * back, for instance by a mount. */
static int check_adopted(const struct checker *checker, const struct layer *layer)
{
	auto_free char *why = NULL;
	int r = adopted_check(layer, &why);

	if (r < 0 || !why)
		return r;
	return layer_problem(checker, layer, MEND_NOTHING, "%s", why);
}

static int check_dirs(const struct checker *checker, const struct layer *layer)
{
	const char *kind = layer_field(layer, "kind");

	if (strcmp(kind, "rw") != 0 && strcmp(kind, "layer") != 0)
		return layer_problem(
			checker, layer, MEND_REMOVE, "layer.json: unknown kind '%s'", kind);
	if (adopted_from(layer))
		return check_adopted(checker, layer);
	int diff = has_dir(layer->dir, "diff");
	if (diff < 0)
		return diff;
	if (!diff)
		return layer_problem(checker, layer, MEND_REMOVE, "diff/ is lost");
	int work = layer->n_lowers && layer->rw ? has_dir(layer->dir, "work") : 1;
	if (work < 0)
		return work;
	if (!work)
		return layer_problem(checker, layer, MEND_WORK, "work/ is lost");
	return 0;
}

static int check_sums(const struct checker *checker, const struct layer *layer)
{
	const char *hex = layer_field(layer, SUMS_KEY);
	auto_free char *why = NULL;

	if (!*hex || layer->rw || !has_dir(layer->dir, "diff"))
		return 0;
	int r = sums_check(layer->dir, hex, checker->run->progress, &why);
	if (r == -ECANCELED || (r == 0 && !why))
		return r;
	/* After a read error keep the layer: the next read may succeed. */
	return layer_problem(
		checker, layer, r < 0 ? MEND_LATER : MEND_REMOVE, "%s", why ? why : strerror(-r));
}

/* Checks the kept tar stream of the layer. The layer is whole without it, so the repair of a
 * damaged stream is to delete it. */
static int check_original(const struct checker *checker, const struct layer *layer)
{
	const char *why;
	int r = original_stream_check(layer, &why);

	if (r == 0 && !why)
		return 0;
	return layer_problem(
		checker, layer, r < 0 ? MEND_LATER : MEND_ORIGINAL, "%s", why ? why : strerror(-r));
}

static int check_contents(const struct checker *checker, const struct layer *layer)
{
	int r = check_original(checker, layer);

	return r == 0 ? check_sums(checker, layer) : r;
}

static int check_layer(const struct checker *checker, const char *id)
{
	auto_layer struct layer layer = LAYER_NONE;
	struct shale_error err = { 0 };

	int r = progress_start(checker->run->progress, id, 0);
	if (r < 0)
		return r;
	r = remains_at(checker->store, id);
	if (r != 0)
		return r < 0 ? r : unread_problem(checker, id, MEND_REMAINS, "is half removed");
	if (layer_open(checker->store, id, &layer, &err) < 0)
		return explain_unreadable(checker, id, err.text);
	/* A killed process left a snapshot unfinished. That needs no repair: the next command that
	 * locks the layer finishes it. */
	r = switch_is_pending(layer.dir);
	if (r != 0)
		return r < 0 ? r : 0;
	r = check_dirs(checker, &layer);
	if (r == 0)
		r = check_link(checker, &layer);
	if (r == 0)
		r = check_parent(checker, &layer);
	if (r == 0)
		r = check_files(checker, &layer);
	return r == 0 && checker->run->contents ? check_contents(checker, &layer) : r;
}

/* ---- files beside the layers ---- */

static int check_names_in(const struct checker *checker, const char *dir,
	int (*check)(const struct checker *checker, const char *name))
{
	struct dirent **entries;
	int r = 0, n = scandirat(checker->store->home, dir, &entries, NULL, alphasort);

	if (n < 0)
		return -errno;
	for (int i = 0; i < n; i++) {
		const char *name = entries[i]->d_name;

		if (r == 0 && strcmp(name, ".") != 0 && strcmp(name, "..") != 0)
			r = check(checker, name);
		free(entries[i]);
	}
	free(entries);
	return r;
}

/* Checks a name in l/. A link that leads nowhere is no problem, because it may belong to a layer
 * that is being made; only gc can tell. */
static int check_l(const struct checker *checker, const char *name)
{
	char id[ID_MAX + 1], path[sizeof("l/") + 256];

	if (short_valid(name) && link_read(checker->store, name, id) != -EINVAL)
		return 0;
	snprintf(path, sizeof(path), "l/%s", name);
	return report(checker, &(const struct subject){ "file", path, MEND_ASIDE, NULL },
		"is no link to a layer");
}

static int check_image(const struct checker *checker, const char *file)
{
	auto_json json_t *image = NULL;
	char path[sizeof("images/") + 256];

	if (file[0] == '.')
		return 0;
	int r = json_read(checker->store->images, file, &image, NULL);
	if (r == -ENOENT)
		return 0;
	snprintf(path, sizeof(path), "images/%s", file);
	if (r < 0)
		return report(checker, &(const struct subject){ "file", path, MEND_ASIDE, NULL },
			"is no record of an image: %s", strerror(-r));
	const char *top = json_string_value(json_object_get(image, "top"));
	if (top && !*top && !json_array_size(json_object_get(image, "layers")))
		return 0;
	if (!top || !id_is_valid(top) || layer_is_there(checker->store, top) != 1)
		return report(checker, &(const struct subject){ "image", file, MEND_FORGET, NULL },
			"its top layer '%s' is lost", top ? top : "");
	return 0;
}

static int check_stranger(const struct checker *checker, const char *name)
{
	static const char *const known[] = { "shale.json", "l", "staging", "trash", "images",
		LOST_DIR };

	for (size_t k = 0; k < sizeof(known) / sizeof(*known); k++)
		if (!strcmp(name, known[k]))
			return 0;
	if (id_is_valid(name) && (layer_is_there(checker->store, name) != 0 ||
					 remains_at(checker->store, name) != 0))
		return 0;
	if (smallfile_exists(checker->store->home, name) == 0)
		return 0;
	return report(checker, &(const struct subject){ "file", name, MEND_ASIDE, NULL },
		"is not the store's");
}

int check_walk(
	const struct shale_store *store, const struct check_run *run, struct shale_error *err)
{
	auto_ids struct ids ids = { 0 };
	const struct checker checker = { store, run };
	int r = layer_ids_read(store, &ids, err);

	for (size_t i = 0; r == 0 && i < ids.n; i++)
		r = check_layer(&checker, ids.ids[i]);
	if (r == 0)
		r = check_names_in(&checker, "l", check_l);
	if (r == 0)
		r = check_names_in(&checker, "images", check_image);
	if (r == 0)
		r = check_names_in(&checker, ".", check_stranger);
	return r < 0 ? error_fail(err, r, "check '%s'", store->home_path) : r;
}
