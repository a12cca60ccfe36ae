/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/daemon/loop.h"

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/base/thread.h"
#include "fuse/daemon/wire.h"

#include <errno.h>
#include <linux/fuse.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#define MOST_WORKERS 8
#define MOST_READERS 4
#define TICK         1000000    /* ns: all who read are held up for no longer before one joins in */
#define IDLE_TICKS   20         /* without a request, and nobody looks after them any more */
#define AT_ONCE      2000       /* ns: a read that takes less has not waited for a request */
#define CROWD        64         /* such reads in a row: too few read */
#define REST         16         /* reads in a row that have waited: too many read */
#define LARGE        131072     /* bytes: copying them takes longer than waking another thread */
#define WAKE         SIGUSR2    /* interrupts a thread that waits */
#define WAKE_AGAIN   20000000   /* ns: it may have come just before the read */
#define GRACE        3000000000 /* ns: to answer the requests that are being worked on at the end */
#define LAST_GRACE   1000000000 /* ns: once nobody waits for the answers any more */
#define MOST_SECONDS 30         /* that the end may take in all */

struct worker {
	struct loop *loop;
	pthread_t thread;
	atomic_uint turn; /* odd: at work on a request */
	unsigned int seen;
	bool standing;    /* by */
	atomic_bool held; /* up by its request: does not count as one who reads */
	int in_a_row;     /* its reads that did not wait; negative: that did */
	struct fuse_buf buf;
};

struct loop {
	struct fuse_session *se;
	pthread_t main;
	unsigned int most; /* workers */
	unsigned int least_readers;
	bool several_processors;
	pthread_mutex_t lock; /* guards all below, and each SEEN and STANDING; taken alone */
	pthread_cond_t changed;
	struct worker workers[MOST_WORKERS];
	unsigned int n;
	unsigned int alive;   /* of them, who have not ended */
	unsigned int invited; /* of those who stand by, to read */
	bool looking;         /* one of them looks after the others every TICK */
	bool ended;
	int error;
	atomic_bool watched; /* one of them looks, or is about to */
	atomic_uint reading; /* how many read, or work on what they have read */
	atomic_uint wanted;  /* how many shall */
};

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static bool is_one_waiting(const struct loop *loop)
{
	struct pollfd fd = { .fd = fuse_session_fd(loop->se), .events = POLLIN };

	return poll(&fd, 1, 0) == 1;
}

/* Whether another is to read meanwhile. Pieces of a file that is read ahead come several at once.
 */
static bool may_take_long(const struct loop *loop, const struct fuse_in_header *header)
{
	const struct fuse_read_in *in = (const void *)(header + 1);

	switch (header->opcode) {
	case FUSE_READ:
		return in->size >= LARGE && loop->several_processors && is_one_waiting(loop);
	case FUSE_FSYNC:
	case FUSE_FSYNCDIR:
	case FUSE_SYNCFS:
	case FUSE_FALLOCATE:
	case FUSE_COPY_FILE_RANGE:
		return true;
	default:
		return false;
	}
}

static void *work(void *arg);

/* The lock is held, as for all that follow. Those who are there do without one that cannot be had.
 */
static void add_worker(struct loop *loop)
{
	struct worker *worker = &loop->workers[loop->n];

	if (loop->n == loop->most || loop->ended)
		return;
	*worker = (struct worker){ .loop = loop, .standing = true };
	if (pthread_create(&worker->thread, NULL, work, worker) != 0)
		return;
	loop->n++;
	loop->alive++;
	if (loop->n == loop->most)
		pthread_kill(loop->main, WAKE);
}

static unsigned int count_standing(const struct loop *loop)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < loop->n; i++)
		count += loop->workers[i].standing;
	return count;
}

/* There is always one more than needed, who can look after the others. */
static void invite(struct loop *loop)
{
	if (count_standing(loop) < loop->invited + 2)
		add_worker(loop);
	if (count_standing(loop) == loop->invited)
		return;
	loop->invited++;
	loop->reading++;
	pthread_cond_broadcast(&loop->changed);
}

static void hold_up(struct worker *worker)
{
	if (!atomic_exchange(&worker->held, true))
		worker->loop->reading--;
}

/* Since the last look: whether any has begun a request. Those who have not ended theirs are held
 * up. */
static bool look(struct loop *loop)
{
	bool begun = false;

	for (unsigned int i = 0; i < loop->n; i++) {
		struct worker *worker = &loop->workers[i];
		unsigned int turn = atomic_load(&worker->turn);
		if (worker->seen != turn)
			begun = true;
		else if (turn & 1)
			hold_up(worker);
		worker->seen = turn;
	}
	return begun;
}

/* False: there was something else to do before the time was up. */
static bool wait_for_tick(struct loop *loop)
{
	const struct timespec t = cond_deadline(TICK);
	int r = 0;

	loop->looking = true;
	while (!loop->ended && !loop->invited && r == 0)
		r = pthread_cond_timedwait(&loop->changed, &loop->lock, &t);
	loop->looking = false;
	return r == ETIMEDOUT;
}

static void look_after_others(struct loop *loop)
{
	int idle = 0;

	while (loop->watched && wait_for_tick(loop)) {
		idle = look(loop) ? 0 : idle + 1;
		if (loop->reading == 0)
			invite(loop);
		else if (idle >= IDLE_TICKS)
			loop->watched = false;
	}
	/* Who goes leaves that to another. */
	pthread_cond_broadcast(&loop->changed);
}

static void stand_by(struct worker *worker)
{
	struct loop *loop = worker->loop;

	worker->standing = true;
	while (!loop->ended && !loop->invited)
		if (loop->watched && !loop->looking)
			look_after_others(loop);
		else
			pthread_cond_wait(&loop->changed, &loop->lock);
	if (!loop->ended)
		loop->invited--;
	worker->standing = false;
	worker->in_a_row = 0;
}

/* After a request: whether there are others enough. */
static void make_room(struct worker *worker)
{
	struct loop *loop = worker->loop;

	pthread_mutex_lock(&loop->lock);
	if (atomic_exchange(&worker->held, false))
		loop->reading++;
	if (loop->reading > loop->wanted && !loop->ended) {
		loop->reading--;
		stand_by(worker);
	}
	pthread_mutex_unlock(&loop->lock);
}

/* Requests that wait one after the other ask for one more to read them; waiting for them, for one
 * less. */
static void count_read(struct worker *worker, bool at_once)
{
	struct loop *loop = worker->loop;

	if (at_once)
		worker->in_a_row = worker->in_a_row < 0 ? 1 : worker->in_a_row + 1;
	else
		worker->in_a_row = worker->in_a_row > 0 ? -1 : worker->in_a_row - 1;
	if (worker->in_a_row > -REST && worker->in_a_row < CROWD)
		return;
	worker->in_a_row = 0;
	if (at_once ? loop->wanted >= MOST_READERS : loop->wanted <= loop->least_readers)
		return;
	pthread_mutex_lock(&loop->lock);
	if (at_once && loop->wanted < MOST_READERS) {
		loop->wanted++;
		invite(loop);
	} else if (!at_once && loop->wanted > loop->least_readers) {
		loop->wanted--;
	}
	pthread_mutex_unlock(&loop->lock);
}

static void begin(struct worker *worker)
{
	struct loop *loop = worker->loop;
	bool long_one = may_take_long(loop, worker->buf.mem);

	atomic_fetch_add_explicit(&worker->turn, 1, memory_order_relaxed);
	if (loop->watched && !long_one)
		return;
	pthread_mutex_lock(&loop->lock);
	if (!loop->watched) {
		loop->watched = true;
		pthread_cond_broadcast(&loop->changed);
	}
	if (long_one) {
		hold_up(worker);
		if (loop->reading < loop->wanted)
			invite(loop);
	}
	pthread_mutex_unlock(&loop->lock);
}

static void end(struct loop *loop, int error)
{
	pthread_mutex_lock(&loop->lock);
	loop->ended = true;
	loop->error = error;
	pthread_cond_broadcast(&loop->changed);
	pthread_mutex_unlock(&loop->lock);
	pthread_kill(loop->main, SIGTERM);
}

static void serve_requests(struct worker *worker)
{
	struct loop *loop = worker->loop;
	int n = 0;

	while (!fuse_session_exited(loop->se)) {
		int64_t from = now();
		n = fuse_session_receive_buf(loop->se, &worker->buf);
		if (n == -EINTR)
			continue;
		if (n <= 0)
			break;
		count_read(worker, now() - from < AT_ONCE);
		begin(worker);
		if (!wire_answer(worker->buf.mem))
			fuse_session_process_buf(loop->se, &worker->buf);
		atomic_fetch_add_explicit(&worker->turn, 1, memory_order_relaxed);
		if (worker->held || loop->reading > loop->wanted)
			make_room(worker);
	}
	end(loop, n);
}

static void *work(void *arg)
{
	struct worker *worker = arg;
	struct loop *loop = worker->loop;
	sigset_t wake;

	sigemptyset(&wake);
	sigaddset(&wake, WAKE);
	pthread_sigmask(SIG_UNBLOCK, &wake, NULL);
	pthread_mutex_lock(&loop->lock);
	stand_by(worker);
	bool ended = loop->ended;
	pthread_mutex_unlock(&loop->lock);
	if (!ended)
		serve_requests(worker);
	pthread_mutex_lock(&loop->lock);
	loop->alive--;
	pthread_cond_broadcast(&loop->changed);
	pthread_mutex_unlock(&loop->lock);
	return NULL;
}

static void do_nothing(int signal)
{
}

static void set_signals(sigset_t *set)
{
	const struct sigaction wake = { .sa_handler = do_nothing };

	sigaction(WAKE, &wake, NULL);
	sigemptyset(set);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, WAKE);
	pthread_sigmask(SIG_BLOCK, set, NULL);
}

static bool has_several_processors(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) == 0 && CPU_COUNT(&set) > 1;
}

static int open_loop(struct loop *loop, bool many)
{
	loop->main = pthread_self();
	loop->several_processors = has_several_processors();
	loop->least_readers = many ? MOST_READERS : 1;
	loop->wanted = loop->least_readers;
	pthread_mutex_init(&loop->lock, NULL);
	cond_init(&loop->changed);
	pthread_mutex_lock(&loop->lock);
	add_worker(loop);
	for (unsigned int i = 0; i < loop->least_readers; i++)
		invite(loop);
	bool enough = loop->n >= 2;
	pthread_mutex_unlock(&loop->lock);
	return enough ? 0 : -EAGAIN;
}

/* Wakes those who wait for requests, and at last ALL, for up to TIME. Whether none is left. The
 * lock is held. */
static bool wait_for_end(struct loop *loop, int64_t time, bool all)
{
	int64_t until = now() + time;

	while (loop->alive && now() < until) {
		for (unsigned int i = 0; i < loop->n; i++)
			if (all || !(atomic_load(&loop->workers[i].turn) & 1))
				pthread_kill(loop->workers[i].thread, WAKE);
		int64_t again = now() + WAKE_AGAIN;
		struct timespec t = { .tv_sec = again / 1000000000, .tv_nsec = again % 1000000000 };
		pthread_cond_timedwait(&loop->changed, &loop->lock, &t);
	}
	return !loop->alive;
}

/*
 * A thread may wait for what never comes: a layer on a filesystem that does not answer, perhaps in
 * this very mount. The unmount ends the connection, and with it all that waits in the mount, which
 * not even the end of the process would do. What waits elsewhere ends with the process.
 */
static void close_loop(struct loop *loop)
{
	alarm(MOST_SECONDS);
	pthread_mutex_lock(&loop->lock);
	loop->ended = true;
	pthread_cond_broadcast(&loop->changed);
	bool gone = wait_for_end(loop, GRACE, false);
	if (!gone) {
		pthread_mutex_unlock(&loop->lock);
		fuse_session_unmount(loop->se);
		pthread_mutex_lock(&loop->lock);
		gone = wait_for_end(loop, LAST_GRACE, true);
	}
	pthread_mutex_unlock(&loop->lock);
	if (!gone)
		_exit(EXIT_FAILURE);
	for (unsigned int i = 0; i < loop->n; i++) {
		pthread_join(loop->workers[i].thread, NULL);
		free(loop->workers[i].buf.mem);
	}
	pthread_cond_destroy(&loop->changed);
	pthread_mutex_destroy(&loop->lock);
}

static bool is_unmounted(const struct loop *loop)
{
	struct pollfd fd = { .fd = fuse_session_fd(loop->se) };

	return poll(&fd, 1, 0) == 1 && fd.revents & POLLERR;
}

/* A signal that asks for the end; or SIGTERM of end(). Threads that read learn of an unmount. Once
 * there are no more to be started, all may be stuck, and none would. */
static int wait_for_signal(struct loop *loop, const sigset_t *set)
{
	const struct timespec second = { .tv_sec = 1 };

	for (;;) {
		pthread_mutex_lock(&loop->lock);
		bool all = loop->n == loop->most;
		pthread_mutex_unlock(&loop->lock);
		int signal = sigtimedwait(set, NULL, all ? &second : NULL);
		if (signal > 0 && signal != WAKE)
			return signal;
		if (signal < 0 && errno == EAGAIN && is_unmounted(loop))
			end(loop, 0);
	}
}

int loop_serve(struct fuse_session *se, bool many, unsigned int most, struct shale_error *err)
{
	struct loop loop = { .se = se, .most = most < MOST_WORKERS ? most : MOST_WORKERS };
	sigset_t set;
	int signal = 0;

	set_signals(&set);
	int r = open_loop(&loop, many);
	if (r < 0)
		error_fail(err, r, "start the threads that serve requests");
	else
		signal = wait_for_signal(&loop, &set);
	pthread_mutex_lock(&loop.lock);
	bool by_itself = loop.ended;
	int error = loop.error;
	pthread_mutex_unlock(&loop.lock);
	fuse_session_exit(se);
	close_loop(&loop);
	if (r == 0 && by_itself && error < 0)
		return error_fail(err, error, "read requests");
	return r < 0 || by_itself ? r : signal;
}
