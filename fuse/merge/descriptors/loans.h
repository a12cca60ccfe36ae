/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's overlayfs works on layers with the rights of its mounter. A daemon without
 * privileges may meet files and directories of its own whose modes refuse it: it lends itself the
 * owner's permission bits for as long as a call needs them. Others get no right by that: only the
 * owner's bits change. The mount shows, sets and copies modes without the bits that are lent.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

struct lent;

struct kept;
struct kept_loan;

struct loans {
	pthread_mutex_t lock; /* guards the list; the last of all locks; modes change under it */
	struct lent *first;
	atomic_uint n;          /* number of inodes in the list */
	atomic_uint begun;      /* loans so far */
	struct kept_loan *kept; /* KEPT_LOANS of them; NULL: loans need not outlive the process */
	bool likely;            /* this process lacks the capability to ignore modes */
};

/* KEPT holds what an earlier worker has lent, which is given back now; NULL: nowhere. */
void loans_open(struct loans *loans, struct kept *kept);
void loans_close(struct loans *loans);

/* A share in what is lent on an inode; it is given back at the end of its scope. */
struct loan {
	struct loans *loans;
	struct lent *lent; /* NULL: nothing was lent */
};
#define LOAN_NONE ((struct loan){ 0 })
#define auto_loan __attribute__((cleanup(loan_return)))

/* Lends BITS (of S_IRWXU) on the inode of FD, which may be O_PATH. 0, or -EACCES if the inode
 * belongs to another user or its filesystem does not let modes change. */
int loan_take(struct loans *loans, int fd, mode_t bits, struct loan *ret);
/* The same for a directory that is about to be changed, if its mode refuses this process. A failure
 * is left to the calls that follow. */
void loan_take_dir(struct loans *loans, int fd, struct loan *ret);
void loan_return(struct loan *loan);

/* Repeats CALL, which failed with -EACCES, with BITS lent on FD. */
#define with_loan(loans, fd, bits, call)                                                           \
	({                                                                                         \
		auto_loan struct loan loan_ = LOAN_NONE;                                           \
		__auto_type called_ = (call);                                                      \
		if (called_ == -EACCES && loan_take((loans), (fd), (bits), &loan_) == 0)           \
			called_ = (call);                                                          \
		called_;                                                                           \
	})

/* opath_chmod that leaves what is lent in place for now. */
int loan_chmod(struct loans *loans, int fd, mode_t mode);

/* CALL fills ST with attributes, whose mode is then shown without lent bits. No loan is taken
 * within CALL. */
#define without_loans(loans, st, call)                                                             \
	({                                                                                         \
		unsigned int begun_ = atomic_load(&(loans)->begun);                                \
		__auto_type seen_ = (call);                                                        \
		if (atomic_load(&(loans)->n) || atomic_load(&(loans)->begun) != begun_) {          \
			pthread_mutex_lock(&(loans)->lock);                                        \
			seen_ = (call);                                                            \
			if (seen_ >= 0)                                                            \
				loans_hide((loans), (st));                                         \
			pthread_mutex_unlock(&(loans)->lock);                                      \
		}                                                                                  \
		seen_;                                                                             \
	})
/* Takes lent bits out of ST; LOANS is locked. */
void loans_hide(const struct loans *loans, struct stat *st);
