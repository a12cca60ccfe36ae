#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# dockerd from 26 on, with its images in a containerd that has shale as its snapshotter: images and
# containers, with both of Docker's builders, and with restarts of all three services. At the end
# nothing is left. docker-plugin.sh tests older dockerds.
. "${0%/*}/../e2e/lib.sh"
. "$here/../engines/lib-containerd.sh"
. "$here/../engines/lib-docker.sh"
if command -v dockerd >/dev/null && ! docker_is_at_least 26; then
	export SHALE_MUST_RUN=0
fi

assert_run() { # IMAGE WANTED COMMAND...
	assert_eq "$(docker run --rm --network none "$1" "${@:3}")" "$2" "of ${*:3} in $1"
}

# Starts containerd, and dockerd with it.
start_all() {
	start_snapshotter --containerd "$PWD/containerd/socket"
	start_containerd
	start_docker --containerd "$PWD/containerd/socket"
}

stop_all() {
	stop_docker
	stop_containerd
	stop_snapshotter
}

make_context() {
	mkdir -p context/files/sub
	echo one >context/files/one
	echo two >context/files/sub/two
	cat >context/Dockerfile <<-'END'
		FROM base:1
		COPY files /srv/files
		RUN echo 1 >/srv/1 && chmod 4711 /srv/1
		RUN rm /srv/files/sub/two && ln /srv/1 /srv/hard
		RUN rm -r /srv/files/sub && mkdir /srv/files/sub && echo new >/srv/files/sub/three
		CMD ["/bin/cat", "/srv/hard", "/srv/files/sub/three"]
	END
}

build() { # NAME
	docker build -q --network none -t "$1:1" context >/dev/null
	assert_run "$1:1" $'link\none\nsub' /bin/sh -c 'echo link; ls /srv/files'
	assert_run "$1:1" three /bin/ls /srv/files/sub
	assert_eq "$(docker run --rm --network none "$1:1")" $'1\nnew'
}

save_and_load() { # NAME
	local id
	id=$(docker image inspect -f '{{.Id}}' "$1:1")
	docker save -o "$1.tar" "$1:1"
	docker rmi "$1:1" >/dev/null
	docker load -q -i "$1.tar" >/dev/null
	assert_eq "$(docker image inspect -f '{{.Id}}' "$1:1")" "$id" "$1"
	assert_eq "$(docker run --rm --network none "$1:1")" $'1\nnew'
}

containers() {
	docker run --network none --name one base:1 /bin/sh -c 'echo hi >/new && rm /etc/gone && mkdir /etc/dir'
	assert_eq "$(docker diff one | sort)" $'A /etc/dir\nA /new\nC /etc\nD /etc/gone'
	docker commit one two:1 >/dev/null
	assert_run two:1 hi /bin/cat /new
	refute docker run --rm --network none two:1 /bin/cat /etc/gone
	docker cp one:/new copied
	assert_content copied hi
}

# Restarts the snapshotter while a container runs, which goes on. Then restarts everything, and
# starts the container again.
restarts() {
	docker run -d --stop-timeout 1 --network none --name long base:1 /bin/sleep 1000 >/dev/null
	docker exec long /bin/sh -c 'echo before >/before'
	stop_snapshotter
	start_snapshotter --containerd "$PWD/containerd/socket"
	docker exec long /bin/sh -c 'echo after >/after'
	assert_eq "$(docker diff long | sort)" $'A /after\nA /before'
	stop_all
	start_all
	docker start long >/dev/null
	assert_eq "$(docker exec long /bin/cat /before /after)" $'before\nafter'
	docker rm -f long >/dev/null
}

# Waits for containerd's next collection, which removes unused snapshots, and checks that nothing is
# left.
assert_empty() {
	local i
	# shellcheck disable=SC2034 # a count
	for i in {1..300}; do
		! compgen -G 'home/ctr-*' >/dev/null || { sleep 0.1 && continue; }
		break
	done
	assert_names home 'images l shale.json staging trash'
	assert_no_rubbish
}

scenario() {
	command -v dockerd containerd ctr runc mount.fuse3 /usr/bin/docker >/dev/null ||
		skip 'no Docker here (docker.io, docker-cli, containerd, runc, fuse3)'
	docker_is_at_least 26 || skip 'Docker before 26 takes no snapshotter of another program'
	prepare_containerd
	prepare_docker
	echo '{"features": {"containerd-snapshotter": true}}' >docker/config.json
	make_context
	start_all
	assert_eq "$(docker info -f '{{.Driver}}')" shale
	docker import rootfs.tar base:1 >/dev/null
	containers
	DOCKER_BUILDKIT=0 build builder
	save_and_load builder
	if docker buildx version >/dev/null 2>&1; then
		DOCKER_BUILDKIT=1 build buildkit
		save_and_load buildkit
	fi
	together
	restarts
	shale check >/dev/null
	docker rm -f one >/dev/null
	docker system prune -af >/dev/null
	assert_eq "$(docker images -q)" ''
	assert_empty
	stop_all
	assert_eq "$(cat snapshotter.log)" '' 'what the snapshotter had to say'
	refute pgrep -x shale-fuse
}
on_each_backend 'dockerd with the images in containerd, and shale: import, run, diff, commit, build, save, load, restart, prune'
