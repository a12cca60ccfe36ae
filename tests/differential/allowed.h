/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of allowed differences between the backends, each with its reason. The differential test
 * compares everything else. */
#pragma once

struct allowed_difference {
	const char *what;
	const char *how; /* how the test avoids or ignores the difference */
	const char *why;
};

static const struct allowed_difference allowed_differences[] = {
	{ "index=on: which names of a file in the index lie in upper, after a change through a "
	  "descriptor",
		"the descriptor's name is looked up before it is used; nothing is done through the "
		"descriptor of a name that is gone",
		"FUSE's requests say which file is meant, and not by which of its names it was "
		"opened: it is taken for the one that was looked up last" },
	{ "index=on: the overlay.upper mark of the index, and names that begin with '#' in it",
		"not compared",
		"a handle of each mount's own upper; what the kernel leaves there as in work" },
	{ "data read through a descriptor that was opened read-only before a copy-up",
		"reads through a read-only descriptor of the kernel's mount go to a fresh open of "
		"it",
		"the kernel leaves such a descriptor on the lower file; FUSE has one page cache "
		"per "
		"file, and shows the new data, as POSIX has it" },
	{ "a lower file that is opened for writing, and never written",
		"each open for writing is followed by a write at once, or truncates",
		"the kernel copies up at open, FUSE at the first change: OPEN is never sent" },
	{ "a lower file deleted while open: its link count",
		"fstat prints no link count for it once the name is gone",
		"the kernel shows the lower file's count, FUSE 0" },
	{ "attributes set through a descriptor of a deleted lower file, opened read-only, or a "
	  "fifo's",
		"not tried",
		"the kernel copies it up to the name that is gone: EEXIST, ENOTDIR, or "
		"the file comes back; FUSE sets them" },
	{ "chown of a setuid file, or one with capabilities, to nobody new (-1, -1)", "not tried",
		"it takes setuid away as a write does, and of that FUSE tells the daemon nothing: "
		"a "
		"request to set no attribute" },
	{ "truncate(2) of an empty file to nothing: its times", "not tried",
		"it changes none, as opening with O_TRUNC does; FUSE makes one request of both" },
	{ "files that are immutable or append-only", "not made",
		"FUSE refuses each change of them, the kernel to open them for writing" },
	{ "inode numbers in a user namespace", "not compared there",
		"the kernel may not decode the origin's file handle there; FUSE reads the number "
		"in it" },
	{ "a hard link to what is no regular file, and a rename of one of a file's names over "
	  "another, in a "
	  "user namespace",
		"not tried there",
		"the kernel, which may not decode the origin there, takes a copied-up file's names "
		"for two files: ESTALE, and two fifos" },
	{ "set-id bits of a file with several names, in a user namespace", "not set there",
		"the kernel does not see by one name what was set by another, and then keeps them "
		"where a write takes them away: see above" },
	{ "with --plain: the mode of a file with several names", "not changed",
		"the same: the user may then do by one name what the other one refuses" },
	{ "with --plain: data read through such a descriptor of a file whose mode refuses the user "
	  "by now",
		"not read", "the fresh open of the kernel's mount is refused" },
	{ "with --plain: files of others, and access lists that name others", "not made",
		"the kernel's mount of a user in a namespace of one id knows nobody else" },
	{ "the value of user.overlay.origin", "only that it is there",
		"the kernel, which may not decode a handle there, writes none; it ignores FUSE's" },
	{ "origin marks, with --restack", "only that they are there",
		"the lower layers that were upper once are different files" },
	{ "holes, with --restack", "not compared",
		"the kernel's copy-up keeps those alone that a piece of 1 MiB begins with; FUSE "
		"keeps all" },
	{ "user.overlay.impure", "not compared",
		"the kernel sets it for what has an origin, and reads none in a user namespace" },
	{ "access times", "not compared", "lower files' are not updated by either, caches differ" },
	{ "change times", "not compared", "nobody can set them: two runs always differ" },
	{ "times set by the run itself to the current time", "compared as 'now'",
		"the two mounts are worked on one after the other" },
	{ "inode numbers",
		"compared as: which files share one, d_ino == st_ino, kept over copy-up and "
		"remount",
		"the two uppers are different files" },
	{ "sizes of directories, block counts, statfs",
		"not compared; of statfs the block's size, the "
		"longest name, and how many blocks and files there are at the most",
		"they belong to the filesystem below and to the kind of mount" },
	{ "a mapping of a part of a file that is a hole, with --restack of any", "not made",
		"a look at a hole of tmpfs through the kernel's mapping fills it" },
	{ "the number that a list gives a directory of upper that was not copied up, before it is "
	  "looked up",
		"all of them are looked up at first",
		"the kernel gives it its origin, and the number of that, when it is looked up; "
		"FUSE does it for the list" },
	{ "directories' offsets and order in readdir", "sorted before comparing",
		"order is the filesystem's own" },
	{ "trusted.overlay.uuid on the root of upper", "not compared",
		"random; it only chooses the statfs id of a kernel mount" },
	{ "the impure mark on a directory of upper that holds nothing copied up", "not compared",
		"it only says where to look; the kernel takes it away when it lists the "
		"directory" },
	{ "link counts of whiteouts in upper", "not compared",
		"the kernel makes whiteouts as hard links of one inode" },
	{ "what is left in workdir", "directories and whiteouts only",
		"staging; the kernel keeps its shared whiteout there" },
	{ "fallocate with COLLAPSE, INSERT or UNSHARE", "not generated",
		"the kernel's FUSE client refuses them before the daemon is asked" },
	{ "reading and writing device nodes", "not generated",
		"the device driver answers, not the filesystem" },
};
