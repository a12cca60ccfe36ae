/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The handlers of requests. Each reads the decoded request, calls the merge filesystem, and answers
 * once. */
#pragma once

struct request;

/* Defined in handle_session.c: */
void handle_init(const struct request *request);
void handle_destroy(const struct request *request);
void handle_nothing(const struct request *request);

/* Defined in handle_names.c: */
void handle_lookup(const struct request *request);
void handle_forget(const struct request *request);
void handle_batch_forget(const struct request *request);
void handle_symlink(const struct request *request);
void handle_mknod(const struct request *request);
void handle_mkdir(const struct request *request);
void handle_tmpfile(const struct request *request);
void handle_link(const struct request *request);
void handle_unlink(const struct request *request);
void handle_rmdir(const struct request *request);
void handle_rename(const struct request *request);
void handle_rename2(const struct request *request);

/* Defined in handle_attributes.c: */
void handle_getattr(const struct request *request);
void handle_statx(const struct request *request);
void handle_setattr(const struct request *request);
void handle_readlink(const struct request *request);
void handle_statfs(const struct request *request);
void handle_getxattr(const struct request *request);
void handle_listxattr(const struct request *request);
void handle_setxattr(const struct request *request);
void handle_removexattr(const struct request *request);

/* Defined in handle_ioctl.c: */
void handle_ioctl(const struct request *request);

/* Defined in handle_files.c: */
void handle_open(const struct request *request);
void handle_release(const struct request *request);
void handle_read(const struct request *request);
void handle_write(const struct request *request);
void handle_fsync(const struct request *request);
void handle_fallocate(const struct request *request);
void handle_lseek(const struct request *request);
void handle_copy_file_range(const struct request *request);

/* Defined in handle_directories.c: */
void handle_opendir(const struct request *request);
void handle_readdir(const struct request *request);
void handle_readdirplus(const struct request *request);
