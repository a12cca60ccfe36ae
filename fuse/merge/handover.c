/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/handover.h"
#include "fuse/merge/change/change.h"
#include "fuse/merge/descriptors/pins.h"
#include "fuse/merge/descriptors/unlinked.h"
#include "fuse/merge/lookup/index.h"

#include "common/base/fdrange.h"
#include "common/base/scope.h"

#include <assert.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

static_assert(sizeof(struct xino) <= sizeof(((struct kept_state *)NULL)->xino), "room for it");

void handover_note(struct fs *fs)
{
	struct kept_state *kept = fs->kept;

	kept->end = fs->end;
	kept->top = fs->top;
	for (size_t i = fs->top; i < fs->end; i++) {
		kept->layers[i] = fs->layers[i].fd;
		kept->private[i] = fs->layers[i].private;
		kept->layer_reals[i] = fs->layers[i].real;
	}
	memcpy(kept->xino, &fs->xino, sizeof(fs->xino));
	kept->work = fs->work;
	kept->lacks = fs->lacks;
	kept->poor = fs->lacks & (LACKS_LINKS | LACKS_STABLE_INO | LACKS_UNLINKED);
	kept->work_lock = fs->work_lock;
	kept->index = fs->index ? fs->index->fd : -1;
	kept->index_real = fs->index ? fs->index->real : 0;
	kept->regions[KEPT_REGIONS - 1] = fs->pins.memfd;
}

int handover_layer(const struct kept_state *kept, uint32_t layer, struct held_dir *ret)
{
	struct stat st;
	int fd = kept->layers[layer];

	if (fstat(fd, &st) < 0)
		return -errno;
	*ret = (struct held_dir){
		.fd = fd, .private = kept->private[layer], .dev = st.st_dev, .ino = st.st_ino
	};
	return 0;
}

/* Clears each pin whose node or real directory has gone from the table, or whose descriptor is
 * closed. */
static void drop_dead_pins(struct fs *fs)
{
	for (uint32_t slot = 1; slot < fs->pins.capacity; slot++) {
		struct pinned *pinned = region_at(&fs->pins, slot);
		uint32_t id = (uint32_t)pinned->key;
		bool live = false;
		if (pinned->key >> 32 == FD_PIN)
			live = id < fs->table.nodes.used && node_at(&fs->table, id)->type;
		else if (pinned->key >> 32 == FD_REAL)
			live = id < fs->table.reals.used && real_at(&fs->table, id)->refs;
		if (!live || fcntl(pinned->fd, F_GETFD) < 0)
			pinned->key = 0;
	}
}

int handover_adopt_table(struct fs *fs)
{
	int r = table_adopt(&fs->table, fs->kept);

	if (r == 0)
		r = region_adopt(&fs->pins, fs->kept->regions[KEPT_REGIONS - 1], &PINS_KIND);
	if (r < 0)
		return r;
	drop_dead_pins(fs);
	return fdcache_adopt(&fs->fds, &fs->pins);
}

/* Handles one name in the work directory: a pin or the shared whiteout stays, a leftover of a move
 * is removed. */
static void look_at_work_name(struct fs *fs, const char *name)
{
	uint32_t node = pin_node_of(name);

	if (node && node < fs->table.nodes.used && node_at(&fs->table, node)->type)
		atomic_fetch_add(&fs->named_pins, 1);
	else if (!strcmp(name, SHARED_WHITEOUT))
		fs->has_whiteout = true;
	else if (strcmp(name, ".") && strcmp(name, "..") && strcmp(name, "incompat"))
		work_remove(fs->work, name);
}

static int sweep_work(struct fs *fs)
{
	auto_close int fd = sys(openat(fs->work, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	auto_closedir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!dir)
		return fd < 0 ? fd : -ENOMEM;
	fd = -1;
	while ((entry = readdir(dir)))
		look_at_work_name(fs, entry->d_name);
	return 0;
}

/* ---- other descriptors that the dead worker had open ---- */

struct numbers {
	int *at;
	size_t n;
};

static void add(struct numbers *numbers, int fd)
{
	if (fd >= 0)
		numbers->at[numbers->n++] = fd;
}

static int compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static void add_kept(struct fs *fs, struct numbers *numbers)
{
	const struct kept_state *kept = fs->kept;
	const int others[] = { STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO, kept->memfd,
		kept->device, kept->witness, kept->work, kept->work_lock, kept->index,
		kept->old_lock };

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		add(numbers, others[i]);
	for (uint32_t i = kept->top; i < kept->end; i++)
		add(numbers, kept->layers[i]);
	for (size_t i = 0; i < KEPT_REGIONS; i++)
		add(numbers, kept->regions[i]);
	for (uint32_t slot = 1; slot < fs->pins.used; slot++) {
		const struct pinned *pinned = region_at(&fs->pins, slot);
		add(numbers, pinned->key ? pinned->fd : -1);
	}
}

static int close_others(struct fs *fs)
{
	auto_free int *at = calloc(fs->pins.used + KEPT_LAYERS + 32, sizeof(*at));
	struct numbers numbers = { .at = at };
	unsigned int next = 0;

	if (!at)
		return -ENOMEM;
	add_kept(fs, &numbers);
	qsort(at, numbers.n, sizeof(*at), compare);
	for (size_t i = 0; i < numbers.n; i++) {
		if ((unsigned int)at[i] > next)
			fdrange_close(next, (unsigned int)at[i] - 1);
		next = (unsigned int)at[i] + 1;
	}
	fdrange_close(next, UINT_MAX);
	return 0;
}

int handover_adopt(struct fs *fs)
{
	int r = close_others(fs);

	if (r < 0)
		return r;
	memcpy(&fs->xino, fs->kept->xino, sizeof(fs->xino));
	for (size_t i = fs->top; i < fs->end; i++)
		fs->layers[i].real = fs->kept->layer_reals[i];
	if (fs->index)
		fs->index->real = fs->kept->index_real;
	r = fs->has_upper ? sweep_work(fs) : 0;
	unlinked_book_all(fs);
	return r;
}
