/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/overlay_mount_data.h"

#include "common/base/scope.h"
#include "common/base/error.h"
#include "kernel/mount_arg.h"

#include <fcntl.h>
#include <sys/mount.h>

/* The text of the options, and the names in it. The names must stay open until the kernel has read
 * the text. */
struct data {
	char *text;
	size_t size;
	FILE *file;
	enum naming naming;
	struct name *names;
	size_t n_names;
};

static void data_close(struct data *data)
{
	cleanup_fclose(&data->file);
	free(data->text);
	for (size_t i = 0; i < data->n_names; i++)
		mount_arg_close(&data->names[i]);
	free(data->names);
}

#define auto_data __attribute__((cleanup(data_close)))

static int data_open(struct data *data, size_t max_names)
{
	data->names = calloc(max_names, sizeof(*data->names));
	data->file = open_memstream(&data->text, &data->size);
	return data->names && data->file ? 0 : -ENOMEM;
}

static int put_name(
	struct data *data, const char *before, const char *path, struct shale_error *err)
{
	struct name *name = &data->names[data->n_names];
	int r = mount_arg_open(name, path, data->naming, err);
	if (r < 0)
		return r;
	data->n_names++;
	fprintf(data->file, "%s%s", before, name->text);
	return 0;
}

static int put_all(struct data *data, const struct overlay *overlay, struct shale_error *err)
{
	const char *comma = "";
	int r = 0;

	for (size_t i = 0; overlay->options && overlay->options[i]; i++, comma = ",")
		fprintf(data->file, "%s%s", comma, overlay->options[i]);
	/* Put the label in quotes, because commas separate a context's categories. */
	if (overlay->label)
		fprintf(data->file, "%scontext=\"%s\"", comma, overlay->label);
	if (overlay->label)
		comma = ",";
	for (size_t i = 0; r == 0 && i < overlay->n_lowers; i++) {
		if (i == 0)
			fprintf(data->file, "%slowerdir=", comma);
		r = put_name(data, i == 0 ? "" : ":", overlay->lowers[i], err);
	}
	if (r == 0 && overlay->upper)
		r = put_name(data, ",upperdir=", overlay->upper, err);
	if (r == 0 && overlay->work)
		r = put_name(data, ",workdir=", overlay->work, err);
	if (r == 0 && fflush(data->file) != 0)
		r = -ENOMEM;
	return r;
}

/* Whether the text fits into one page with its NUL: the kernel copies no more. */
static bool fits(const struct data *data)
{
	return data->size < (size_t)sysconf(_SC_PAGESIZE);
}

static int mount_by_number(
	const struct overlay *overlay, const char *target, struct shale_error *err)
{
	auto_data struct data data = { .naming = NAME_NUMBER };
	struct name at = { .fd = -1 };
	int r = data_open(&data, overlay->n_lowers + 2);

	if (r == 0)
		r = put_all(&data, overlay, err);
	if (r < 0)
		return r;
	if (!fits(&data))
		return error_fail_plain(err, -E2BIG, "the mount options do not fit into a page");
	auto_close int back = sys(open(".", O_PATH | O_DIRECTORY | O_CLOEXEC));
	r = back < 0 ? back : mount_arg_open(&at, target, NAME_NUMBER, err);
	if (r == 0)
		r = sys(chdir(FD_DIR));
	if (r == 0) {
		r = sys(mount("shale", at.text, "overlay", 0, data.text));
		(void)fchdir(back);
	}
	mount_arg_close(&at);
	return r;
}

int overlay_mount_data(const struct overlay *overlay, const char *target, struct shale_error *err)
{
	auto_data struct data data = { .naming = NAME_SHORT };
	int r = data_open(&data, overlay->n_lowers + 2);

	if (r == 0)
		r = put_all(&data, overlay, err);
	if (r < 0)
		return r;
	if (!fits(&data))
		return mount_by_number(overlay, target, err);
	return sys(mount("shale", target, "overlay", 0, data.text));
}
