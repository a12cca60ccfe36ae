#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# dockerd with shale as its storage driver, through shale-docker: images and containers, with both
# of Docker's builders, and with restarts of the plug-in and of dockerd. At the end nothing is left.
. "${0%/*}/../e2e/lib.sh"
. "$here/../e2e/lib-docker.sh"
. "$here/../engines/lib-docker.sh"
. "$here/../engines/lib-rootfs.sh"
# Docker 28 and later have no such plug-ins.
if command -v dockerd >/dev/null && docker_is_at_least 28; then
	export SHALE_MUST_RUN=0
fi

needs_docker() {
	command -v dockerd runc /usr/bin/docker >/dev/null || skip 'no Docker here (docker.io, docker-cli, runc)'
	! docker_is_at_least 28 || skip 'Docker 28 has no plug-ins for storage'
}

assert_run() { # IMAGE WANTED COMMAND...
	assert_eq "$(docker run --rm --network none "$1" "${@:3}")" "$2" "of ${*:3} in $1"
}

# Makes a build of ten steps, some of which remove files of others.
make_context() {
	mkdir -p context/files/sub
	echo one >context/files/one
	echo two >context/files/sub/two
	ln -s one context/files/link
	cat >context/Dockerfile <<-'END'
		FROM base:1
		ENV STEP=0
		COPY files /srv/files
		RUN echo 1 >/srv/1 && chmod 4711 /srv/1
		RUN mkdir -p /srv/d/e && echo 2 >/srv/d/e/2
		RUN rm /srv/files/sub/two && ln /srv/1 /srv/hard
		RUN mv /srv/d /srv/moved
		RUN rm -r /srv/files/sub && mkdir /srv/files/sub && echo new >/srv/files/sub/three
		RUN ln -s moved /srv/d
		RUN rm /etc/gone && mkdir /etc/gone
		RUN chmod 700 /srv/moved/e && echo 9 >>/srv/1
		CMD ["/bin/cat", "/srv/hard", "/srv/moved/e/2", "/srv/files/sub/three"]
	END
}

build() { # NAME
	docker build -q --network none -t "$1:1" context >/dev/null
	assert_run "$1:1" $'1\n1\n9\n2\nnew' /bin/cat /srv/hard /srv/1 /srv/d/e/2 /srv/files/sub/three
	assert_eq "$(docker run --rm --network none "$1:1")" $'1\n2\nnew'
	assert_run "$1:1" $'link\none\nsub' /bin/ls /srv/files
	assert_run "$1:1" three /bin/ls /srv/files/sub
}

# Saves an image and loads it: the image must be the same, and give the same tar again.
save_and_load() { # NAME
	local id
	id=$(docker image inspect -f '{{.Id}}' "$1:1")
	docker save -o "$1.tar" "$1:1"
	docker rmi "$1:1" >/dev/null
	[ "$1" != buildkit ] || docker builder prune -af >/dev/null
	docker load -q -i "$1.tar" >/dev/null
	assert_eq "$(docker image inspect -f '{{.Id}}' "$1:1")" "$id" "$1"
	docker save -o again.tar "$1:1"
	assert_eq "$(layers_of again.tar)" "$(layers_of "$1.tar")" "the layers of $1"
}

layers_of() { # TAR
	local name
	tar -tf "$1" | grep 'layer.tar$' | sort | while read -r name; do
		tar -xOf "$1" "$name" | sha256sum
	done
}

containers() {
	docker run --network none --name one base:1 /bin/sh -c 'echo hi >/new && rm /etc/gone && mkdir /etc/dir'
	assert_eq "$(docker diff one | sort)" $'A /etc/dir\nA /new\nC /etc\nD /etc/gone'
	docker commit one two:1 >/dev/null
	assert_run two:1 hi /bin/cat /new
	refute docker run --rm --network none two:1 /bin/cat /etc/gone
	docker cp one:/new copied
	assert_content copied hi
	assert_eq "$(docker inspect -f '{{.GraphDriver.Data.UpperDir}}' one | grep -c "^$PWD/home/.*/diff$")" 1
}

# Restarts the plug-in while a container runs, which goes on. Does the same with dockerd, and kills
# it once.
restarts() {
	local asked
	docker run -d --stop-timeout 1 --network none --name long base:1 /bin/sleep 1000 >/dev/null
	docker exec long /bin/sh -c 'echo before >/before'
	stop_plugin
	# dockerd retries its calls of the plug-in for a while
	docker exec long /bin/sh -c 'echo after >/after' &
	asked=$!
	sleep 0.5
	start_plugin
	wait $asked
	assert_eq "$(docker diff long | sort)" $'A /after\nA /before'
	docker commit long three:1 >/dev/null
	assert_run three:1 after /bin/cat /after
	stop_docker
	start_docker
	assert_eq "$(docker inspect -f '{{.State.Running}}' long)" false
	docker start long >/dev/null
	assert_eq "$(docker exec long /bin/cat /before /after)" $'before\nafter'
	kill_docker
	stop_plugin
	start_plugin
	start_docker
	docker start long >/dev/null
	assert_eq "$(docker exec long /bin/cat /before /after)" $'before\nafter'
	docker rm -f long >/dev/null
}

scenario() {
	local before
	needs_docker
	prepare_docker
	make_context
	start_plugin
	start_docker
	# For later versions `shale engine docker` checks a snapshotter of containerd
	docker_is_at_least 26 || DOCKER_HOST=unix://$PWD/docker/socket shale engine docker
	before=$(open_files)
	assert_eq "$(docker info -f '{{.Driver}}')" shale
	docker import rootfs.tar base:1 >/dev/null
	containers
	DOCKER_BUILDKIT=0 build builder
	DOCKER_BUILDKIT=1 build buildkit
	save_and_load builder
	save_and_load buildkit
	together
	assert_eq "$(open_files)" "$before" 'open files of the plug-in'
	restarts
	shale check >/dev/null

	docker rm -f one >/dev/null
	docker rmi two:1 three:1 >/dev/null
	docker system prune -af >/dev/null
	stop_docker
	stop_plugin
	assert_names home 'images l shale.json staging trash'
	assert_no_rubbish
	umount docker/data # a mount of dockerd's own
}
on_each_backend 'dockerd -s shale: import, run, diff, commit, build, save, load, restart, prune'

# Runs a container in a user namespace: the layers' files have the image's owners on the disk, and
# the container's root has no rights on the host.
scenario() {
	needs_docker
	prepare_docker
	start_plugin
	start_docker --userns-remap=nobody:nogroup
	docker import rootfs.tar base:1 >/dev/null
	docker run --network none --name one base:1 /bin/sh -c 'echo hi >/new && rm /etc/gone && mkdir /etc/dir'
	assert_eq "$(docker diff one | sort)" $'A /etc/dir\nA /new\nC /etc\nD /etc/gone'
	docker cp rootfs/etc/gone one:/copied
	docker commit one two:1 >/dev/null
	assert_run two:1 $'hi\ngone' /bin/cat /new /copied
	assert_eq "$(stat -c %u:%g home/*/diff/new home/*/diff/copied | sort -u)" 0:0
	docker run -d --stop-timeout 1 --network none --name two two:1 /bin/sleep 1000 >/dev/null
	assert_eq "$(stat -c %u "/proc/$(docker inspect -f '{{.State.Pid}}' two)")" 200000
	stop_plugin
	start_plugin
	docker exec two /bin/sh -c 'echo more >/more'
	docker rm -f one two >/dev/null
	docker rmi two:1 base:1 >/dev/null
	stop_docker
	stop_plugin
	assert_names home 'images l shale.json staging trash'
	assert_names docker/data/200000.200000/shale ''
}
on_each_backend 'dockerd --userns-remap'
