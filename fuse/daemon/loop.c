/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/daemon/loop.h"

#include "common/base/error.h"
#include "common/base/scope.h"
#include "common/base/thread.h"
#include "fuse/daemon/awake.h"
#include "fuse/daemon/decode.h"
#include "fuse/daemon/resume.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#define MOST_WORKERS 8
#define FEWEST       2 /* the fewest workers: a reader and the watchdog */
#define MOST_READERS 4
#define TICK         1000000 /* ns: how often the watchdog looks at the readers */
#define IDLE_TICKS   20      /* the watchdog stops after this many ticks without a request */
#define AT_ONCE      2000    /* ns: a read that took less found a request waiting */
/* after so many reads in a row that found a request waiting, use one more reader */
#define CROWD 64
#define REST  16      /* after so many reads in a row that had to wait, use one reader less */
#define LARGE 131072  /* bytes: to copy more takes longer than to wake another thread */
#define WAKE  SIGUSR2 /* the signal that interrupts a waiting thread */
/* Ns: send WAKE again after this time, in case the thread was not in read(2) yet. */
#define WAKE_AGAIN   20000000
#define GRACE        3000000000 /* ns: how long running requests may take when the mount ends */
#define LAST_GRACE   1000000000 /* ns: how long they may take after the unmount */
#define MOST_SECONDS 30         /* seconds: the process is killed if its end takes longer */

struct worker {
	struct loop *loop;
	pthread_t thread;
	/* Grows when a request begins and when it ends: odd while one is served. */
	atomic_uint turn;
	unsigned int seen; /* TURN at the watchdog's last look */
	bool idle;         /* this worker waits until it is called to read */
	atomic_bool held;  /* its request takes long, so this worker is not counted as a reader */
	/* Its last reads of one kind: N > 0 found a request at once, N < 0 had to wait. */
	int in_a_row;
	struct channel channel;
};

struct loop {
	struct awake awake;
	const struct loop_options *options;
	pthread_t main;
	unsigned int most; /* number of workers */
	unsigned int least_readers;
	bool several_processors;
	/* LOCK guards all fields below, and SEEN and IDLE of each worker. No thread holds it
	 * together with another lock. */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct worker workers[MOST_WORKERS];
	unsigned int n;
	unsigned int alive;   /* workers that have not ended */
	unsigned int invited; /* how many idle workers were called to read and have not begun yet */
	bool looking;         /* an idle worker is acting as the watchdog */
	atomic_bool ended;
	int error;
	atomic_bool watched; /* there is a watchdog, or one is about to start */
	atomic_uint reading; /* number of readers: workers that read, or serve the request that they
				have just read */
	atomic_uint wanted;  /* how many readers there should be now */
};

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static bool is_one_waiting(const struct loop *loop)
{
	struct pollfd fd = { .fd = mountpoint_fd(loop->options->mountpoint), .events = POLLIN };

	return poll(&fd, 1, 0) == 1;
}

/* Whether the request may take long, so that another worker should read meanwhile. A READ may:
 * during read-ahead the kernel sends several at once. */
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

/* Starts a worker. If no thread can be started, the mount is served without it. The caller holds
 * the lock, as for the functions below. */
static void add_worker(struct loop *loop)
{
	struct worker *worker = &loop->workers[loop->n];

	if (loop->n == loop->most || loop->ended)
		return;
	struct transport *transport = loop->options->connection->transport;
	*worker = (struct worker){
		.loop = loop, .idle = true, .channel = { .transport = transport }
	};
	if (transport->ops->start(&worker->channel) < 0)
		return;
	if (thread_start(&worker->thread, work, worker) < 0) {
		transport->ops->stop(&worker->channel);
		return;
	}
	loop->n++;
	loop->alive++;
	if (loop->n == loop->most)
		pthread_kill(loop->main, WAKE);
}

static unsigned int count_idle(const struct loop *loop)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < loop->n; i++)
		count += loop->workers[i].idle;
	return count;
}

/* Calls an idle worker to read. First makes sure that one more idle worker is left, for the
 * watchdog. */
static void invite(struct loop *loop)
{
	if (count_idle(loop) < loop->invited + 2)
		add_worker(loop);
	if (count_idle(loop) == loop->invited)
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

/* Returns whether any worker has begun a request since the last look. A worker that still serves
 * the same request has a long one. */
static bool look_at_workers(struct loop *loop)
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

/* Waits for the watchdog's next tick. Returns false if something else had to be done before. */
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

static void watch_others(struct loop *loop)
{
	int idle = 0;

	while (loop->watched && wait_for_tick(loop)) {
		awake_look(&loop->awake);
		idle = look_at_workers(loop) ? 0 : idle + 1;
		if (loop->reading == 0)
			invite(loop);
		else if (idle >= IDLE_TICKS)
			loop->watched = false;
	}
	/* Wake another idle worker to take over the watchdog. */
	pthread_cond_broadcast(&loop->changed);
}

static void wait_for_call(struct worker *worker)
{
	struct loop *loop = worker->loop;

	worker->idle = true;
	while (!loop->ended && !loop->invited)
		if (loop->watched && !loop->looking)
			watch_others(loop);
		else
			pthread_cond_wait(&loop->changed, &loop->lock);
	if (!loop->ended)
		loop->invited--;
	worker->idle = false;
	worker->in_a_row = 0;
}

/* After a request: makes this worker idle if there are more readers than wanted. */
static void make_room(struct worker *worker)
{
	struct loop *loop = worker->loop;

	pthread_mutex_lock(&loop->lock);
	if (atomic_exchange(&worker->held, false))
		loop->reading++;
	if (loop->reading > loop->wanted && !loop->ended) {
		loop->reading--;
		wait_for_call(worker);
	}
	pthread_mutex_unlock(&loop->lock);
}

/* Adapts the number of readers. If requests queue up, one more is wanted; if reads have to wait,
 * one less. */
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
	bool long_one = may_take_long(loop, (const void *)worker->channel.buffer);

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

static void end_loop(struct loop *loop, int error)
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
	struct connection *connection = loop->options->connection;
	const struct transport_ops *transport = connection->transport->ops;
	ssize_t n = 0;
	int r = 0;

	while (!loop->ended && r == 0) {
		int64_t from = now();
		awake_wait(&loop->awake, mountpoint_fd(loop->options->mountpoint));
		n = transport->next(&worker->channel);
		if (n == -EINTR)
			continue;
		if (n <= 0)
			break;
		int64_t waited = now() - from;
		awake_learn(&loop->awake, waited);
		count_read(worker, waited < AT_ONCE);
		begin(worker);
		r = request_serve(connection, &worker->channel, (size_t)n);
		atomic_fetch_add_explicit(&worker->turn, 1, memory_order_relaxed);
		if (worker->held || loop->reading > loop->wanted)
			make_room(worker);
	}
	end_loop(loop, n < 0 && n != -EINTR ? (int)n : 0);
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
	wait_for_call(worker);
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

static void ignore_signal(int signal)
{
}

static void set_signals(sigset_t *set)
{
	const struct sigaction wake = { .sa_handler = ignore_signal };

	sigaction(WAKE, &wake, NULL);
	sigemptyset(set);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, WAKE);
	pthread_sigmask(SIG_BLOCK, set, NULL);
}

static int open_loop(struct loop *loop)
{
	loop->main = pthread_self();
	loop->several_processors = thread_processors() > 1;
	loop->least_readers = loop->options->many ? MOST_READERS : 1;
	loop->wanted = loop->least_readers;
	awake_open(&loop->awake, loop->options->asleep);
	pthread_mutex_init(&loop->lock, NULL);
	cond_init(&loop->changed);
	pthread_mutex_lock(&loop->lock);
	for (unsigned int i = 0; i < FEWEST; i++)
		add_worker(loop);
	pthread_mutex_unlock(&loop->lock);
	/* FEWEST workers can serve the mount: if no other thread can be started later, they do. */
	return loop->n >= FEWEST ? 0 : -EAGAIN;
}

/* Interrupts workers until they have ended, but for TIME at most: those that wait for a request, or
 * with ALL every worker. Returns whether all have ended. The caller holds the lock. */
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

/* Ends the workers. One may hang, because the filesystem of a layer does not answer; perhaps that
 * filesystem lies in this very mount. The unmount closes the connection, and so ends all waits in
 * this mount, which the end of the process alone would not. Waits in other filesystems end with the
 * process. */
static void close_loop(struct loop *loop)
{
	alarm(MOST_SECONDS);
	pthread_mutex_lock(&loop->lock);
	loop->ended = true;
	pthread_cond_broadcast(&loop->changed);
	bool gone = wait_for_end(loop, GRACE, false);
	if (!gone) {
		pthread_mutex_unlock(&loop->lock);
		mountpoint_unmount(loop->options->mountpoint);
		pthread_mutex_lock(&loop->lock);
		gone = wait_for_end(loop, LAST_GRACE, true);
	}
	pthread_mutex_unlock(&loop->lock);
	if (!gone)
		_exit(EXIT_FAILURE);
	for (unsigned int i = 0; i < loop->n; i++) {
		pthread_join(loop->workers[i].thread, NULL);
		loop->options->connection->transport->ops->stop(&loop->workers[i].channel);
	}
	awake_close(&loop->awake);
	pthread_cond_destroy(&loop->changed);
	pthread_mutex_destroy(&loop->lock);
}

static bool is_unmounted(const struct loop *loop)
{
	struct pollfd fd = { .fd = mountpoint_fd(loop->options->mountpoint) };

	return poll(&fd, 1, 0) == 1 && fd.revents & POLLERR;
}

/* Waits for a signal to stop, or for the SIGTERM of end_loop(). Workers that read notice an
 * unmount. But if all workers serve requests that never end, nobody notices: so look for an unmount
 * here, once a second. */
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
			end_loop(loop, 0);
	}
}

static int result_of(struct loop *loop, int signal, struct shale_error *err)
{
	int unanswered = atomic_load(&loop->options->connection->error);

	pthread_mutex_lock(&loop->lock);
	bool by_itself = loop->ended;
	int error = loop->error;
	pthread_mutex_unlock(&loop->lock);
	if (unanswered < 0)
		return error_fail(err, unanswered, "answer the kernel");
	if (by_itself && error < 0)
		return error_fail(err, error, "read requests");
	return by_itself ? 0 : signal;
}

static int serve(struct loop *loop, const sigset_t *set, struct shale_error *err)
{
	int r = connection_begin(loop->options->connection);

	if (r < 0)
		return error_fail(err, r, "answer the kernel");
	pthread_mutex_lock(&loop->lock);
	for (unsigned int i = 0; i < loop->least_readers; i++)
		invite(loop);
	pthread_mutex_unlock(&loop->lock);
	return result_of(loop, wait_for_signal(loop, set), err);
}

int loop_serve(const struct loop_options *options, struct shale_error *err)
{
	struct loop loop = { .options = options,
		.most = options->most < MOST_WORKERS ? options->most : MOST_WORKERS };
	sigset_t set;

	set_signals(&set);
	int r = open_loop(&loop);
	if (r < 0)
		error_fail(err, r, "start the threads that serve requests");
	else
		r = serve(&loop, &set, err);
	close_loop(&loop);
	return r;
}
