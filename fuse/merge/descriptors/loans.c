/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/descriptors/loans.h"

#include "common/base/scope.h"
#include "common/overlay/opath.h"

#include "fuse/merge/table/kept_state.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The mode bits that are lent on one inode. */
struct lent {
	struct lent *next;
	unsigned int users;
	dev_t dev;
	ino_t ino;
	mode_t bits;  /* bits that are lent */
	mode_t added; /* those of BITS that the inode's own mode lacks */
	int fd;       /* O_PATH descriptor of the inode */
	/* The note about this loan for the next worker; NULL: none is needed, or there is no
	 * room. */
	struct kept_loan *kept;
};

static bool may_disregard_modes(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];

	return syscall(SYS_capget, &header, sets) == 0 &&
	       sets[0].effective & 1u << CAP_DAC_OVERRIDE;
}

static void return_kept(struct kept_loan *kept)
{
	struct stat st;

	if (kept->taken && kept->bits && fstat(kept->fd, &st) == 0)
		(void)opath_chmod(kept->fd, st.st_mode & 07777 & ~(mode_t)kept->bits);
	kept->taken = 0;
}

void loans_open(struct loans *loans, struct kept_state *kept)
{
	loans->kept = kept ? kept->loans : NULL;
	for (size_t i = 0; kept && i < KEPT_LOANS; i++)
		return_kept(&kept->loans[i]);
	pthread_mutex_init(&loans->lock, NULL);
	loans->likely = !may_disregard_modes();
}

void loans_close(struct loans *loans)
{
	pthread_mutex_destroy(&loans->lock);
}

static struct lent *find(const struct loans *loans, const struct stat *st)
{
	struct lent *lent = loans->first;

	while (lent && (lent->ino != st->st_ino || lent->dev != st->st_dev))
		lent = lent->next;
	return lent;
}

static bool is_in_group(gid_t gid)
{
	int n = getgroups(0, NULL);
	auto_free gid_t *groups = n > 0 ? calloc((size_t)n, sizeof(*groups)) : NULL;

	if (gid == getegid())
		return true;
	n = groups ? getgroups(n, groups) : 0;
	while (n > 0)
		if (groups[--n] == gid)
			return true;
	return false;
}

/* Whether this daemon may change the file's mode. If it is not in the file's group, the change
 * would clear setgid. */
static bool may_change_mode(const struct stat *st)
{
	return st->st_uid == geteuid() && (!(st->st_mode & S_ISGID) || is_in_group(st->st_gid));
}

/* Notes the bits before they are lent. If this worker dies, the next one takes them away again. */
static void note(const struct loans *loans, struct lent *lent, mode_t added)
{
	for (size_t i = 0; loans->kept && !lent->kept && i < KEPT_LOANS; i++)
		if (!loans->kept[i].taken)
			lent->kept = &loans->kept[i];
	if (!lent->kept)
		return;
	lent->kept->fd = lent->fd;
	lent->kept->bits = added;
	kept_barrier();
	lent->kept->taken = 1;
	kept_barrier();
}

static struct lent *add(struct loans *loans, int fd, const struct stat *st)
{
	struct lent *lent = calloc(1, sizeof(*lent));

	if (!lent)
		return NULL;
	*lent = (struct lent){ .next = loans->first,
		.dev = st->st_dev,
		.ino = st->st_ino,
		.fd = fcntl(fd, F_DUPFD_CLOEXEC, 3) };
	if (lent->fd < 0) {
		free(lent);
		return NULL;
	}
	loans->first = lent;
	atomic_fetch_add(&loans->n, 1);
	return lent;
}

static void end(struct loans *loans, struct lent *lent)
{
	struct lent **at = &loans->first;
	struct stat st;

	if (lent->added && fstat(lent->fd, &st) == 0)
		(void)opath_chmod(lent->fd, st.st_mode & 07777 & ~lent->added);
	while (*at != lent)
		at = &(*at)->next;
	*at = lent->next;
	kept_barrier();
	if (lent->kept)
		lent->kept->taken = 0;
	kept_barrier();
	close(lent->fd);
	free(lent);
	atomic_fetch_sub(&loans->n, 1);
}

static int lend(struct loans *loans, int fd, mode_t bits, struct loan *ret)
{
	struct stat st;

	if (fstat(fd, &st) < 0 || !may_change_mode(&st))
		return -EACCES;
	struct lent *lent = find(loans, &st);
	if (!lent)
		lent = add(loans, fd, &st);
	if (!lent)
		return -EACCES;
	lent->users++;
	mode_t lacks = bits & ~st.st_mode;
	if (lacks)
		note(loans, lent, lent->added | lacks);
	if (lacks && opath_chmod(fd, (st.st_mode & 07777) | lacks) < 0) {
		if (--lent->users == 0)
			end(loans, lent);
		return -EACCES;
	}
	lent->bits |= bits;
	lent->added |= lacks;
	*ret = (struct loan){ loans, lent };
	return 0;
}

int loan_take(struct loans *loans, int fd, mode_t bits, struct loan *ret)
{
	pthread_mutex_lock(&loans->lock);
	atomic_fetch_add(&loans->begun, 1);
	int r = lend(loans, fd, bits, ret);
	pthread_mutex_unlock(&loans->lock);
	return r;
}

void loan_take_dir(struct loans *loans, int fd, struct loan *ret)
{
	if (loans->likely && faccessat(fd, ".", R_OK | W_OK | X_OK, AT_EACCESS) < 0 &&
		errno == EACCES)
		(void)loan_take(loans, fd, S_IRWXU, ret);
}

void loan_return(struct loan *loan)
{
	struct loans *loans = loan->loans;

	if (!loan->lent)
		return;
	pthread_mutex_lock(&loans->lock);
	if (--loan->lent->users == 0)
		end(loans, loan->lent);
	pthread_mutex_unlock(&loans->lock);
	loan->lent = NULL;
}

int loan_chmod(struct loans *loans, int fd, mode_t mode)
{
	struct stat st;

	pthread_mutex_lock(&loans->lock);
	struct lent *lent = loans->first && fstat(fd, &st) == 0 ? find(loans, &st) : NULL;
	int r = opath_chmod(fd, mode | (lent ? lent->bits : 0));
	if (r == 0 && lent)
		note(loans, lent, lent->added = lent->bits & ~mode);
	pthread_mutex_unlock(&loans->lock);
	return r;
}

void loans_hide(const struct loans *loans, struct stat *st)
{
	const struct lent *lent = find(loans, st);

	if (lent)
		st->st_mode &= ~lent->added;
}
