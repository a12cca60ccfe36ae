#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# shale reads from `docker save` the same tree as `docker load`, from the same stream, for images of
# both of Docker's builders, the old one and BuildKit. It also reads the OCI layout that containerd
# makes of them. The test is skipped on a machine without Docker.
command -v dockerd >/dev/null || export SHALE_MUST_RUN=0
. "${0%/*}/../e2e/lib.sh"
. "$here/../engines/lib-engines.sh"

# Runs the distribution's client, which has the old builder without a plug-in.
docker() { # COMMAND...
	/usr/bin/docker -H "unix://$scratch/docker/socket" "$@"
}

start_docker() {
	local dir=$scratch/docker i
	mkdir -p "$dir"
	echo '{}' >"$dir/config.json"
	dockerd --data-root "$dir/data" --exec-root "$dir/exec" --pidfile "$dir/pid" --config-file "$dir/config.json" \
		-H "unix://$dir/socket" --iptables=false --ip6tables=false --bridge=none \
		--storage-driver=overlay2 >"$dir/log" 2>&1 </dev/null &
	# shellcheck disable=SC2034 # a count
	for i in {1..150}; do
		! docker version >/dev/null 2>&1 || return 0
		sleep 0.2
	done
	tail -n 20 "$dir/log" >&2
	return 1
}

# Makes the files of a build. Leaves out times before 1970, which Docker changes.
make_context() { # DIR
	local long
	long=$(printf 'n%.0s' {1..120})
	mkdir -p "$1/files/sub" "$1/files/$long"
	echo one >"$1/files/one"
	chmod 4755 "$1/files/one"
	ln -s one "$1/files/link"
	echo two >"$1/files/sub/two"
	ln "$1/files/sub/two" "$1/files/hard"
	echo deep >"$1/files/$long/$long"
	echo ü >"$1/files/ünï cödé"
	touch -d '2001-02-03 04:05:06.123456789' "$1/files/sub/two"
	cat >"$1/Dockerfile" <<-'END'
		FROM base:1
		COPY --chown=33:44 files /srv/files
		RUN touch /srv/capable && cp -a /srv/files /srv/copy && chmod 2755 /srv/copy
		RUN rm -rf /usr/share/doc /srv/files/sub && mkdir -p /usr/share/doc && echo new >/usr/share/doc/new
		RUN ln /etc/passwd /etc/passwd.link && mkfifo -m 640 /opt/fifo && mknod -m 600 /opt/null c 1 3 && \
			mknod /opt/block b 7 300 && chown 3000000:4000000 /opt/fifo && ln -s fifo /opt/link && \
			chown -h 5:6 /opt/link && touch -d "2019-01-02 03:04:05.5" /opt/new && \
			truncate -s 5M /opt/sparse && echo x >>/opt/sparse && chmod 1777 /opt
		RUN mv /etc/skel /opt/skel && rm -r /etc/alternatives /etc/cron.d && ln -s /opt /etc/alternatives && \
			echo file >/etc/cron.d && rm /srv/copy/one && mkdir /srv/copy/one && echo in >/srv/copy/one/in
		RUN ln /srv/copy/hard /srv/copy/more && chmod 600 /srv/copy/more && mkdir -p /a/b/c && chmod 700 /a/b && \
			touch /srv/.wh-not /a/b/c/d && rm -r /var/cache
	END
}

# Makes a base image with a file that has a capability, and that the layers above change.
make_docker_base() {
	local base
	base=$(make_base "${SHALE_ENGINES_CACHE:-${CACHE:-$here/../../build/quickstart-cache}}") || return
	mkdir -p "$scratch/base/srv"
	echo x >"$scratch/base/srv/capable"
	setfattr -n security.capability -v 0x0100000200040000000000000000000000000000 "$scratch/base/srv/capable"
	cp "$base" "$scratch/base.tar"
	tar -C "$scratch/base" --xattrs --xattrs-include='*' --format=pax -cf "$scratch/more.tar" srv/capable
	docker import "$scratch/base.tar" only:1 >/dev/null
	printf 'FROM only:1\nADD more.tar /\n' >"$scratch/base/Dockerfile"
	mv "$scratch/more.tar" "$scratch/base"
	DOCKER_BUILDKIT=0 docker build -q -t base:1 "$scratch/base" >/dev/null
}

# Writes Docker's tree of IMAGE as a tar.
tree_of() { # IMAGE FILE
	local upper lower
	upper=$(docker image inspect -f '{{.GraphDriver.Data.UpperDir}}' "$1")
	lower=$(docker image inspect -f '{{.GraphDriver.Data.LowerDir}}' "$1")
	mkdir -p "$scratch/merged"
	mount -t overlay -o "ro,lowerdir=$upper:$lower" shale-docker "$scratch/merged"
	# shellcheck disable=SC2046 # names at the root
	tar -C "$scratch/merged" --sort=name --numeric-owner --xattrs --xattrs-include='*' --format=pax -cf "$2" \
		$(ls -A "$scratch/merged")
	umount "$scratch/merged"
}

build_and_save() { # NAME
	docker build -q --network none -t "$1:1" "$scratch/context" >"$scratch/$1.log" 2>&1 || return
	docker save -o "$scratch/$1.save" "$1:1"
	ctr -a "$scratch/docker/exec/containerd/containerd.sock" image import "$scratch/$1.save" >/dev/null &&
		ctr -a "$scratch/docker/exec/containerd/containerd.sock" image export "$scratch/$1.oci" \
			"docker.io/library/$1:1"
	docker rmi "$1:1" >/dev/null
	docker builder prune -af >/dev/null
	docker load -q -i "$scratch/$1.save" >/dev/null
	tree_of "$1:1" "$scratch/$1.tree"
}

# Runs once before the cases, for all kinds of users.
prepare_docker() {
	[ "$(id -u)" = 0 ] && command -v dockerd /usr/bin/docker ctr >/dev/null || return 0
	{
		start_docker && make_docker_base && make_context "$scratch/context" &&
			DOCKER_BUILDKIT=0 build_and_save builder && DOCKER_BUILDKIT=1 build_and_save buildkit &&
			docker save -o "$scratch/both.save" builder:1 buildkit:1
	} >"$scratch/prepare.log" 2>&1 || sed 's/^/# /' "$scratch/prepare.log"
	[ ! -e "$scratch/docker/pid" ] || kill "$(cat "$scratch/docker/pid")"
	wait
	chmod -R a+rX "$scratch"/*.{save,oci,tree} 2>/dev/null
}

# Lists names, modes, owners, times, link targets, device numbers and xattrs. A link is root's here
# if a plain user owns the store.
listing() { # TAR
	local owner=()
	[ "$kind" = root ] || owner=(-e 's,^(l[rwx]+) [0-9]+/[0-9]+ ,\1 0/0 ,')
	tar --numeric-owner --full-time --xattrs --xattrs-include='*' -tvvf "$1" | tr -s ' ' |
		sed -E -e 's/^(.{10})[.*]? /\1 /' "${owner[@]}"
}

content() { # TAR DIR
	mkdir "$2"
	tar -C "$2" --no-same-owner --exclude=opt/null --exclude=opt/block --exclude=opt/fifo -xf "$1"
}

same_tree() { # TAR TAR
	listing "$1" >one.list
	listing "$2" >two.list
	assert_eq "$(diff one.list two.list | sed 20q)" '' 'the trees'
	content "$1" one
	content "$2" two
	diff -r --no-dereference one two
	chmod -R u+rwX one two
	rm -r one two
}

# Applies each layer's diff again: the result must be that layer, and at the end the same image.
assert_round() { # TOP PREFIX
	local id=$1 parent='' ids=()
	while [ -n "$id" ]; do
		ids=("$id" "${ids[@]}")
		id=$(shale inspect "$id" | sed -n 's/^Parent: *//p')
	done
	for id in "${ids[@]}"; do
		shale diff "$id" >layer.tar
		shale create ${parent:+--parent "$parent"} "$2-$id" >/dev/null
		shale apply "$2-$id" layer.tar >/dev/null
		shale diff "$2-$id" | cmp - layer.tar
		parent=$2-$id
	done
	[ ${#ids[@]} -gt 5 ]
}

scenario() {
	local name top
	[ -s "$scratch/both.save" ] || skip 'no Docker here that builds (dockerd, docker and ctr)'
	for name in builder buildkit; do
		top=$(shale import "docker-archive:$scratch/$name.save" "$name")
		assert_eq "$(shale import "docker-archive:$scratch/both.save:$name:1" both)" "$top" "$name of two"
		assert_eq "$(shale import "oci-archive:$scratch/$name.oci" layout)" "$top" "containerd's layout"
		assert_eq "$(shale import "docker-archive:$scratch/$name.oci" layout2)" "$top" "the same, as Docker's"
		shale export "$name" tar:ours.tar
		same_tree "$scratch/$name.tree" ours.tar
		assert_round "$top" "$name"
		shale check >/dev/null
	done
}
[ -n "${case_of-}" ] || prepare_docker
once_as 'root user' 'docker save, and an OCI layout of it: the tree is the one that docker load makes'
