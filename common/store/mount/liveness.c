/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/mount/liveness.h"

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/base/mountid.h"
#include "common/base/mountplace.h"
#include "common/store/id.h"
#include "common/store/mount/driver.h"
#include "common/store/mount/mountpoint.h"
#include "common/store/store_struct.h"
#include "common/base/witness.h"

#include <fcntl.h>
#include <string.h>

/* ms: how long the next command waits until the daemon of a mount that is gone has ended */
#define DAEMON_END_MS 10000
/* ms: wait for a daemon's answer, in a command that can go on without it \ */
#define SHORT_ANSWER_MS 1000
/* ms: wait for a daemon's answer, in a command that fails without it */
#define LONG_ANSWER_MS 5000

static enum life witness_life(const struct mounted *mounted)
{
	auto_close int dir = mounted->witness[0] ? refs_open_daemons(mounted->run) : -1;

	return dir < 0 ? LIFE_UNKNOWN : witness_check(dir, mounted->witness);
}

/* Asks the backend whether any mount uses the layer's upper directory. LIFE_UNKNOWN for a read-only
 * mount, which has none. */
static enum life upper_life(const struct shale_store *store, const char *id, const char *backend)
{
	const struct backend_ops *ops = backend ? driver_named(backend) : NULL;
	char upper[ID_MAX + sizeof("/diff")], work[ID_MAX + sizeof("/work")];

	snprintf(upper, sizeof(upper), "%s/diff", id);
	snprintf(work, sizeof(work), "%s/work", id);
	return ops ? ops->upper_life(store->home, upper, work) : LIFE_UNKNOWN;
}

/* ---- in another mount namespace ---- */

struct daemons {
	bool alive, unknown, unseen;
	int *pids; /* pids of daemons that are alive */
	size_t n;
};

static void add_daemon(struct daemons *daemons, const struct mounted *mounted)
{
	auto_close int dir = refs_open_daemons(mounted->run);
	enum life life = witness_life(mounted);

	daemons->unknown |= life == LIFE_UNKNOWN;
	if (life != LIFE_ALIVE)
		return;
	daemons->alive = true;
	auto_close int pidfd = witness_pidfd(dir, mounted->witness, &daemons->pids[daemons->n]);
	if (pidfd < 0)
		daemons->unseen = true;
	else
		daemons->n++;
}

static int find_daemons(const struct shale_store *store, const char *id, const struct refs *refs,
	struct daemons *ret)
{
	*ret = (struct daemons){ .pids = calloc(refs->n_mounts + 1, sizeof(*ret->pids)) };
	if (!ret->pids)
		return -ENOMEM;
	if (refs->target && driver_has_daemon(refs->backend)) {
		struct mounted mounted = refs_mounted(store, id, refs, refs->target);
		add_daemon(ret, &mounted);
	}
	for (size_t i = 0; i < refs->n_mounts; i++) {
		struct mounted mounted = refs_mounted(store, id, refs, refs->mounts[i].dir);
		if (driver_has_daemon(refs->mounts[i].how))
			add_daemon(ret, &mounted);
	}
	return 0;
}

static bool has_daemons(const struct refs *refs)
{
	bool has = refs->target && driver_has_daemon(refs->backend);

	for (size_t i = 0; i < refs->n_mounts; i++)
		has |= driver_has_daemon(refs->mounts[i].how);
	return has;
}

/* Forgets the places where the layer is mounted: after its mount was detached, no place is
 * known. */
static void forget_mounts(struct refs *refs)
{
	char *detached = steal_ptr(&refs->detached);

	refs_free(refs);
	refs->detached = detached;
	refs->namespace = namespace_own();
}

static void judge(const struct shale_store *store, const char *id, struct refs *refs,
	const struct daemons *daemons)
{
	bool served = has_daemons(refs), gone = served && !daemons->alive && !daemons->unknown;

	if (!gone && !daemons->alive) {
		enum life life = LIFE_UNKNOWN;
		if (served && refs->writable)
			life = upper_life(store, id, refs->backend);
		if (life == LIFE_UNKNOWN)
			life = namespace_life(&refs->namespace, NULL, 0);
		refs->doubtful = life == LIFE_UNKNOWN;
		gone = life == LIFE_GONE;
	} else if (daemons->alive && !daemons->unseen) {
		refs->lost = namespace_life(&refs->namespace, daemons->pids, daemons->n) ==
			     LIFE_GONE;
	}
	if (gone)
		forget_mounts(refs);
	refs->elsewhere = !gone;
}

static int look_elsewhere(const struct shale_store *store, const char *id, struct refs *refs)
{
	struct daemons daemons;
	int r = find_daemons(store, id, refs, &daemons);

	if (r == 0)
		judge(store, id, refs, &daemons);
	free(daemons.pids);
	return r;
}

/* Stops the daemons of a mount namespace in which no other process is left: nobody can reach their
 * mounts any more. */
static bool end_lost(const struct shale_store *store, const char *id, const struct refs *refs)
{
	bool ended = true;

	if (refs->target && driver_has_daemon(refs->backend)) {
		struct mounted mounted = refs_mounted(store, id, refs, refs->target);
		ended &= driver_named(refs->backend)->stop_daemon(&mounted, NULL) == 0;
	}
	for (size_t i = 0; i < refs->n_mounts; i++) {
		struct mounted mounted = refs_mounted(store, id, refs, refs->mounts[i].dir);
		const char *how = refs->mounts[i].how;
		if (driver_has_daemon(how))
			ended &= driver_named(how)->stop_daemon(&mounted, NULL) == 0;
	}
	return ended;
}

/* ---- in this mount namespace ---- */

/* Finds a mount of the layer that RUN does not know. If RUN has no record of the layer at all, RUN
 * was lost while the mount was in use: counts one user. If RUN has a record, the process that
 * mounted was killed before it wrote it: counts no user. */
static int find_uncounted(const struct shale_store *store, const char *id, struct refs *refs)
{
	auto_free char *path = NULL;
	auto_free char *type = NULL;

	if (asprintf(&path, "%s/%s/merged", store->home_path, id) < 0)
		return -ENOMEM;
	int state = mountpoint_state(path);
	if (state <= MOUNTPOINT_NO)
		return state;
	int r = mountpoint_type(path, &type);
	if (r < 0 || !type)
		return r;
	free(refs->backend);
	refs->backend = strdup(driver_of_type(type)->name);
	free(steal_ptr(&refs->owners));
	refs->uncounted = refs->writable = true;
	refs->id = mountplace_mount(path);
	refs_forget_gets(refs);
	refs->gets = refs->recorded ? 0 : 1;
	refs->target = steal_ptr(&path);
	return refs->backend ? 0 : -ENOMEM;
}

/* Returns the state of the mount with the unique id ID, wherever it is now; if ID is 0, of the
 * mount at PATH. */
static int state_of(const char *path, uint64_t id)
{
	switch (id ? mount_life(id) : LIFE_UNKNOWN) {
	case LIFE_ALIVE:
		return MOUNTPOINT_YES;
	case LIFE_GONE:
		return MOUNTPOINT_NO;
	default:
		return mountpoint_state(path);
	}
}

/* Drops the mounts at places of the user's choice which somebody has unmounted. */
static int drop_vanished_mounts(struct refs *refs)
{
	for (size_t i = refs->n_mounts; i-- > 0;) {
		int state = state_of(refs->mounts[i].dir, refs->mounts[i].id);

		if (state < 0)
			return state;
		if (state == MOUNTPOINT_NO)
			refs_drop_mount(refs, i);
	}
	return 0;
}

/* Drops the layer's mount from REFS, since it is not in this mount namespace any more. If its
 * daemon still lives, notes a detached mount: another namespace has the mount, too, or the daemon
 * is about to end. */
static int drop_vanished_target(const struct shale_store *store, const char *id, struct refs *refs)
{
	struct mounted mounted = refs_mounted(store, id, refs, refs->target);

	refs_forget_gets(refs);
	if (refs->writable && !refs->detached && witness_life(&mounted) == LIFE_ALIVE) {
		refs->detached = strdup(refs->backend);
		if (!refs->detached)
			return -ENOMEM;
		refs->vanished = true;
	}
	free(steal_ptr(&refs->target));
	return 0;
}

static int look_here(const struct shale_store *store, const char *id, struct refs *refs)
{
	int r = drop_vanished_mounts(refs);
	int state = r < 0 || !refs->target ? r : state_of(refs->target, refs->id);

	if (state < 0)
		return state;
	if (refs->target && state == MOUNTPOINT_NO)
		r = drop_vanished_target(store, id, refs);
	if (r == 0 && (refs->pending || !refs->target)) {
		free(steal_ptr(&refs->target));
		r = find_uncounted(store, id, refs);
	}
	if (r < 0 || !refs->target || !driver_has_daemon(refs->backend))
		return r;
	struct mounted mounted = refs_mounted(store, id, refs, refs->target);
	enum life life = witness_life(&mounted);
	refs->dead = life == LIFE_GONE ||
		     (life == LIFE_UNKNOWN &&
			     mountpoint_answer(refs->target, SHORT_ANSWER_MS) == MOUNTPOINT_DEAD);
	return 0;
}

int liveness_look(const struct shale_store *store, const char *id, struct refs *refs)
{
	struct namespace own = namespace_own();
	uint64_t recorded = refs->namespace.mounts;
	int r = 0;

	if (recorded && recorded != own.mounts && (refs->target || refs->n_mounts))
		r = look_elsewhere(store, id, refs);
	if (r < 0 || refs->elsewhere)
		return r;
	refs->namespace = own;
	return look_here(store, id, refs);
}

static bool is_silent(const struct refs *refs, const char *dir, int milliseconds)
{
	int i = refs_find_mount(refs, dir);
	const char *how = i < 0 ? refs->backend : refs->mounts[i].how;

	if (!strcmp(dir, refs->target ? refs->target : ""))
		how = refs->dead ? NULL : refs->backend;
	return !refs->elsewhere && driver_has_daemon(how) &&
	       mountpoint_answer(dir, milliseconds) == MOUNTPOINT_HUNG;
}

bool liveness_is_hung(const struct refs *refs, const char *dir)
{
	return is_silent(refs, dir, SHORT_ANSWER_MS);
}

const char *liveness_word(const struct refs *refs)
{
	if (refs->elsewhere)
		return refs->doubtful ? "unknown" : "elsewhere";
	if (refs->dead)
		return "dead";
	if (refs->target && liveness_is_hung(refs, refs->target))
		return "hung";
	if (refs->target || refs->n_mounts)
		return "mounted";
	return refs->detached ? "detached" : "";
}

int liveness_must_answer(const char *id, const struct refs *refs, struct shale_error *err)
{
	if (!refs->target || !is_silent(refs, refs->target, LONG_ANSWER_MS))
		return 0;
	error_remedy(err, -ETIMEDOUT,
		"if it is stopped, let it go on (kill -CONT); to take its mount away: shale put "
		"--lazy %s",
		id);
	return error_fail_plain(err, -ETIMEDOUT, "the daemon of layer '%s' does not answer", id);
}

static void forget_detached(const struct shale_store *store, const char *id, struct refs *refs)
{
	struct mounted mounted = { .target = NULL };
	auto_close int dir = refs->vanished ? refs_open_daemons(store->run) : -1;

	if (dir >= 0) {
		mounted = refs_mounted(store, id, refs, NULL);
		witness_wait(dir, mounted.witness, DAEMON_END_MS);
	}
	if (upper_life(store, id, refs->detached) == LIFE_GONE)
		free(steal_ptr(&refs->detached));
}

int liveness_resolve(const struct shale_store *store, const char *id, struct refs *refs)
{
	bool gone = refs->lost && end_lost(store, id, refs);

	if (refs->doubtful && refs->writable) {
		enum life life = upper_life(store, id, refs->backend);
		gone |= life == LIFE_GONE;
		refs->doubtful = life == LIFE_UNKNOWN;
	}
	if (gone) {
		forget_mounts(refs);
		int r = look_here(store, id, refs);
		if (r < 0)
			return r;
	}
	if (refs->detached)
		forget_detached(store, id, refs);
	return 0;
}
