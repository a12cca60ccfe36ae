#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Repeats work that was done in a container of Docker 20.10.24 on overlay2: the store must give the
# answers of `docker diff`, of the layer's tar in `docker save`, of `docker inspect --size` and of
# `docker history`.
. "${0%/*}/lib.sh"

make_base() {
	mkdir -p base/{a/sub,op/x/deep,op/y,gone/inner,t,keep,hl,perm,swap,cd/old,tmp}
	local f
	for f in a/one a/two a/sub/three op/x/f op/x/deep/g op/y/h gone/inner/i gone/j t/time t/mode t/own \
		t/data t/same keep/k hl/h1 perm/p swap/file cd/old/n; do
		echo $f >base/$f
	done
	ln base/hl/h1 base/hl/h2
	ln -s one base/a/sym
	ln -s nowhere base/swap/link
	mkfifo base/swap/fifo
	find base -depth -exec touch -h -d @1000000000 {} +
	tar -C base --numeric-owner -cf base.tar .
}

work() {
	echo new >a/new && echo two2 >a/two && rm a/one && ln -sf two a/sym
	rm -r op && mkdir -p op/x && echo f2 >op/x/f && echo z >op/z
	rm -r gone
	touch -d @1000000005 t/time && chmod 600 t/mode && chown "$owner" t/own && echo data2 >t/data
	[ "$(cat t/same)" = t/same ]
	mv keep/k keep/k2
	echo more >>hl/h1
	ln perm/p perm/q
	rm swap/file && mkdir swap/file && echo in >swap/file/in
	rm swap/link && echo x >swap/link
	rm swap/fifo && ln -s y swap/fifo
	rm -r cd/old && mkdir cd/old && echo n >cd/old/n
	mkdir -p n/e/w && mkfifo n/e/fifo && truncate -s 1000000 n/e/sparse && echo end >>n/e/sparse
	chmod 4755 n/e/sparse
	mkdir tmp/d && rmdir tmp/d && touch tmp/f && rm tmp/f
}

docker_diff='C /a|A /a/new|D /a/one|C /a/sym|C /a/two|C /cd|C /cd/old|C /cd/old/n|D /gone|C /hl|C /hl/h1|C /keep
D /keep/k|A /keep/k2|A /n|A /n/e|A /n/e/fifo|A /n/e/sparse|A /n/e/w|C /op|C /op/x|D /op/x/deep|C /op/x/f|D /op/y
A /op/z|C /perm|A /perm/q|C /swap|C /swap/fifo|C /swap/file|A /swap/file/in|C /swap/link|C /t|C /t/data|C /t/mode
C /t/own|C /t/time'

# The list of Docker's tar, without swap/file/.wh..wh..opq: it has no meaning where the path is no
# directory.
docker_tar='.wh.gone a/ a/.wh.one a/new a/sym a/two cd/ cd/old/ cd/old/.wh..wh..opq cd/old/n hl/ hl/h1 keep/
keep/.wh.k keep/k2 n/ n/e/ n/e/fifo n/e/sparse n/e/w/ op/ op/.wh..wh..opq op/x/ op/x/f op/z perm/ perm/p perm/q
swap/ swap/fifo swap/file/ swap/file/in swap/link t/ t/data t/mode t/own t/time tmp/'

scenario() {
	local owner=7:8
	[ "$ids" != one ] || owner=0:0
	make_base
	shale create base >/dev/null
	assert_eq "$(shale apply base base.tar)" 153 'docker history'
	shale create --rw --parent base rw >/dev/null
	(cd "$(shale get rw)" && work)
	shale put rw
	assert_eq "$(shale changes rw)" "$(tr '|' '\n' <<<"$docker_diff")" 'docker diff'
	assert_eq "$(shale size rw)" 1000080 'docker inspect --size'
	shale diff rw | tar -tf - | LC_ALL=C sort >names
	assert_eq "$(cat names)" "$(tr ' ' '\n' <<<"$docker_tar" | LC_ALL=C sort)" 'names in docker save'
	assert_eq "$(shale diff rw | tar -tvf - | grep -c 'link to')" 1 'hard links'
}
on_each_backend_as 'root userns' 'changes, diff and sizes are those of overlay2'

# The driver's answers about metadata and mounts, asked by calls and not through the engine. shale
# differs only in order to lose or hide nothing: it makes no layer twice, removes none that is mounted
# or has children, and reports an unknown layer, in put and rm too.
paths_of() { # ID
	shale inspect "$1" | sed -n 's,^\(Lower\|Upper\|Work\|Merged\)Dir: ,\1=,p' | sed "s,$PWD/home/,,g" | sort | tr '\n' ' '
}

mount_count() {
	grep -c " $PWD/home/" /proc/self/mounts || :
}

scenario() {
	local merged=$PWD/home/rw/merged
	shale create base >/dev/null
	shale create --parent base app >/dev/null
	shale create --rw --parent app rw >/dev/null
	assert_eq "$(paths_of base)" 'Merged=base/merged Upper=base/diff Work=base/work '
	assert_eq "$(paths_of app)" 'Lower=base/diff Merged=app/merged Upper=app/diff Work=app/work '
	assert_eq "$(paths_of rw)" 'Lower=app/diff:base/diff Merged=rw/merged Upper=rw/diff Work=rw/work '
	assert_eq "$(shale status |
		grep -cxE 'Backing Filesystem: .*|Supports d_type: true|Native Overlay Diff: true|userxattr: .*')" 4
	assert_eq "$(shale get base) $(mount_count)" "$PWD/home/base/diff 0" 'no parent, no mount'
	shale put base
	assert_eq "$(shale get rw) $(shale get rw) $(mount_count)" "$merged $merged 1"
	shale put rw
	assert_eq "$(mount_count)" 1
	[ -d "$merged" ]
	shale put rw
	assert_eq "$(mount_count)" 0
	[ ! -e "$merged" ]
	shale put rw # one too many
	shale get app >/dev/null
	assert_fails 'Read-only file system' touch home/app/merged/file
	shale put app
	assert_clear_error 'such a layer already' shale create base
	assert_clear_error 'only read-write layers' shale create --opt size=1G more
	assert_clear_error "unknown layer option 'color=red'" shale create --rw --parent app --opt color=red more
	assert_clear_error 'no such layer' shale put nosuch
	assert_clear_error 'no such layer' shale rm nosuch
	assert_clear_error 'need it: app' shale rm base
	shale get rw >/dev/null
	assert_clear_error 'is mounted' shale rm rw
	shale put rw
	shale rm rw app base
}
on_each_backend 'paths, mounts and counts are those of overlay2'
