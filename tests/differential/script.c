/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/differential/script.h"

#include "tests/differential/credentials.h"

#include <string.h>

static void print_make(const struct stack_entry *e, FILE *out)
{
	const char *slash = strrchr(e->path, '/');

	if (slash)
		fprintf(out, "mkdir -p '%.*s'; ", (int)(slash - e->path), e->path);
	switch (e->kind) {
	case ENTRY_DIR:
		fprintf(out, "mkdir '%s'", e->path);
		break;
	case ENTRY_FILE:
		fprintf(out, "$differential file '%s' %llu %lld %lld", e->path,
			(unsigned long long)e->seed, (long long)e->hole, (long long)e->size);
		break;
	case ENTRY_SYMLINK:
		fprintf(out, "ln -s '%s' '%s'", e->target, e->path);
		break;
	case ENTRY_FIFO:
		fprintf(out, "mkfifo '%s'", e->path);
		break;
	case ENTRY_SOCKET:
		fprintf(out,
			"perl -MSocket -e 'socket(S,AF_UNIX,SOCK_STREAM,0);"
			"bind(S,sockaddr_un(\"%s\"))'",
			e->path);
		break;
	case ENTRY_DEVICE:
		fprintf(out, "mknod '%s' c %u %u", e->path, e->major, e->minor);
		break;
	case ENTRY_WHITEOUT:
		fprintf(out, "mknod -m 0 '%s' c 0 0", e->path);
		break;
	case ENTRY_LINK:
		fprintf(out, "ln '%s' '%s'", e->target, e->path);
		break;
	}
}

static void print_xattrs(const struct stack_entry *e, bool userns, FILE *out)
{
	for (size_t i = 0; i < e->n_xattrs; i++)
		fprintf(out, "; setfattr -h -n %s -v %s%s '%s'", e->xattrs[i].name,
			*e->xattrs[i].hex ? "0x" : "\"\"", e->xattrs[i].hex, e->path);
	if (e->opaque)
		fprintf(out, "; setfattr -n %s.overlay.opaque -v y '%s'",
			userns ? "user" : "trusted", e->path);
}

static void print_entry(const struct stack_entry *e, bool userns, FILE *out)
{
	print_make(e, out);
	if (e->kind != ENTRY_WHITEOUT && e->kind != ENTRY_LINK) {
		if (e->uid || e->gid)
			fprintf(out, "; chown -h %u:%u '%s'", e->uid, e->gid, e->path);
		if (e->kind != ENTRY_SYMLINK)
			fprintf(out, "; chmod %04o '%s'", e->mode, e->path);
		print_xattrs(e, userns, out);
	}
	fputc('\n', out);
}

static void print_layer(const struct plan *plan, int layer, bool userns, FILE *out)
{
	const struct stack *stack = &plan->stack;

	for (size_t i = 0; i < stack->n_entries; i++)
		if (stack->entries[i].layer == layer)
			print_entry(&stack->entries[i], userns, out);
	for (size_t i = stack->n_entries; i-- > 0;) {
		const struct stack_entry *e = &stack->entries[i];

		if (e->layer == layer && e->kind != ENTRY_WHITEOUT && e->kind != ENTRY_LINK)
			fprintf(out, "touch -h -d @%lld '%s'\n", (long long)e->mtime, e->path);
	}
}

static void print_stack(const struct plan *plan, bool userns, FILE *out)
{
	for (int i = 0; i < plan->stack.n_lowers; i++) {
		fprintf(out, "mkdir -p \"$d/lower/%d\"; cd \"$d/lower/%d\" || exit\n", i, i);
		print_layer(plan, i, userns, out);
	}
	fputs("for side in kernel fuse; do\n"
	      "mkdir \"$d/$side\"; mkdir \"$d/$side/\"{upper,work,merged}; cd \"$d/$side/upper\" "
	      "|| exit\n",
		out);
	print_layer(plan, STACK_UPPER, userns, out);
	fputs("done\ncd \"$d\" || exit\n", out);
}

static void print_mounts(const struct plan *plan, const struct round_options *options, FILE *out)
{
	bool userns = options->mount.userns;

	const char *both = options->mount.options;

	fputs("lowers=", out);
	for (int i = 0; i < plan->stack.n_lowers; i++)
		fprintf(out, "%slower/%d", i ? ":" : "", i);
	fprintf(out,
		"\nold() { for o in $(ls -rd $1/old* 2>/dev/null); do printf %%s: $o; done; }\n"
		"mount_kernel() { mount -t overlay overlay -o lowerdir=$(old $1)$lowers,"
		"upperdir=$1/upper,workdir=$1/work,index=off,xino=auto%s%s%s $1/merged; }\n",
		userns ? ",userxattr" : "", both ? "," : "", both ? both : "");
	fprintf(out,
		"mount_fuse() { $fuse -o lowerdir=$(old $1)$lowers,upperdir=$1/upper,"
		"workdir=$1/work,aufs=off%s%s%s%s $1/merged; }\n",
		both ? "," : "", both ? both : "", options->mount.fuse_options ? "," : "",
		options->mount.fuse_options ? options->mount.fuse_options : "");
}

static void print_ops(const struct plan *plan, FILE *out)
{
	fputs("cat >ops.00 <<'END'\n", out);
	for (size_t i = 0, stage = 0; i < plan->n_ops; i++) {
		const struct op *op = &plan->ops[i];

		if (op->kind == OP_RESTACK) {
			fprintf(out, "END\ncat >ops.%02zu <<'END'\n", ++stage);
			continue;
		}
		op_print(op, out);
		fprintf(out, op->cred ? "  # as %s\n" : "\n", credentials_name((size_t)op->cred));
	}
	fputs("END\n", out);
}

static const char tail[] =
	"for side in kernel fuse; do\n"
	"	for ops in ops.*; do\n"
	"		[ $ops = ops.00 ] || { umount $side/merged\n"
	"			mv $side/upper $side/old${ops#ops.}; mkdir $side/upper; }\n"
	"		mount_$side $side\n"
	"		$differential op --$side%s%s $side/merged <$ops >>$side/1.results\n"
	"	done\n"
	"	$differential tree $side/merged >$side/2.tree\n"
	"	umount $side/merged; mount_$side $side\n"
	"	$differential tree $side/merged >$side/3.remounted\n"
	"	umount $side/merged\n"
	"	$differential tree --upper $side/upper >$side/4.upper\n"
	"done\n"
	"mount_kernel fuse; $differential tree fuse/merged >fuse/5.swapped; umount fuse/merged\n"
	"mount_fuse kernel; $differential tree kernel/merged >kernel/5.swapped; umount "
	"kernel/merged\n"
	"r=0\n"
	"for f in 1.results 2.tree 3.remounted 4.upper 5.swapped; do\n"
	"	diff -u kernel/$f fuse/$f || r=1\n"
	"done\n"
	"echo \"left for a look: $d\"\n"
	"exit $r\n";

void script_print(const struct plan *plan, const struct round_options *options,
	const char *headline, FILE *out)
{
	fprintf(out, "#!/bin/bash\n# seed %llu: %s\n", (unsigned long long)plan->seed, headline);
	fprintf(out, "# Needs root; run it in a mount namespace: unshare%s -m bash THIS\n",
		options->mount.userns ? " -Ur" : "");
	if (options->mount.plain)
		fputs("# It failed as a plain user, and with the kernel's mount of that user; as "
		      "root it may not.\n",
			out);
	fputs("differential=${DIFFERENTIAL:-differential} fuse=${SHALE_FUSE:-shale-fuse}\n"
	      "umask 0; d=$(mktemp -d) && chmod 755 \"$d\" || exit\n"
	      "mount -t tmpfs -o mode=755 none \"$d\" || exit\n",
		out);
	print_stack(plan, options->mount.userns, out);
	print_mounts(plan, options, out);
	print_ops(plan, out);
	const char *both = options->mount.options;
	bool index = both && strstr(both, "index=on");
	fprintf(out, tail, plan->watch ? " --watch" : "", index ? " --index" : "");
}
