#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# buildah builds the same image on the kernel's overlayfs and on shale-fuse, file by file.
# shellcheck disable=SC2034 # backend is podman's and buildah's
. "${0%/*}/../e2e/lib.sh"
. "$here/../engines/lib-engines.sh"
[ -n "${case_of-}" ] || prepare_engines

# Makes a package with a conffile, a hard link, a set-user-id program and scripts that run at the
# installation.
make_package() { # DIR
	local root=$1/tool
	mkdir -p "$root/DEBIAN" "$root/etc" "$root/usr/bin" "$root/usr/share/shale-tool"
	cat >"$root/DEBIAN/control" <<-'END'
		Package: shale-tool
		Version: 1
		Architecture: all
		Maintainer: nobody <nobody@localhost>
		Description: something to install
	END
	echo /etc/shale-tool.conf >"$root/DEBIAN/conffiles"
	printf '#!/bin/sh\nset -e\nchown 33:33 /usr/share/shale-tool\nupdate-alternatives --install \\\n%s\n' \
		'/usr/bin/any-tool any-tool /usr/bin/shale-tool 10' >"$root/DEBIAN/postinst"
	printf '#!/bin/sh\nset -e\nupdate-alternatives --remove any-tool /usr/bin/shale-tool\n' \
		>"$root/DEBIAN/prerm"
	echo 'key=value' >"$root/etc/shale-tool.conf"
	printf '#!/bin/sh\necho tool\n' >"$root/usr/bin/shale-tool"
	ln "$root/usr/bin/shale-tool" "$root/usr/share/shale-tool/link"
	chmod 755 "$root/DEBIAN/"{postinst,prerm} && chmod 4755 "$root/usr/bin/shale-tool"
	dpkg-deb --root-owner-group --build "$root" "$1/tool.deb" >/dev/null
	rm -r "$root"
}

make_context() {
	mkdir -p context/files/sub
	echo one >context/files/one
	echo two >context/files/sub/two
	make_package "$PWD/context"
	cat >context/Containerfile <<-'END'
		FROM localhost/base:1
		COPY tool.deb /opt/tool.deb
		RUN dpkg -i /opt/tool.deb && any-tool
		RUN chown -R 33:33 /usr/share/doc
		RUN mv /usr/share/common-licenses /opt/licenses && mv /etc/skel /opt/skel
		RUN rm -rf /usr/share/man && mkdir -p /usr/share/man/new && echo x >/usr/share/man/new/x
		RUN ln /etc/passwd /etc/passwd.link && echo '#' >>/etc/passwd.link && chmod 4711 /bin/ls && mkfifo /opt/fifo
		RUN tar -C /usr/share -cf - bash-completion perl5 | tar -C /opt -xf -
		COPY files /srv/files
		RUN dpkg --purge shale-tool && [ ! -e /usr/bin/any-tool ] && dpkg -i /opt/tool.deb
		RUN mv /srv/files/sub /srv/files/moved && rm /srv/files/one /opt/tool.deb
		RUN rm -rf /var/log/* /var/cache/ldconfig && dpkg --verify shale-tool
	END
}

build() { # kernel|fuse
	backend=$1
	configure_engine "$1"
	podman import -q "$scratch/base.tar" base:1 >/dev/null
	buildah bud -q --isolation chroot --layers --timestamp 1000000000 -t built context >/dev/null
	# shellcheck disable=SC2016 # for the shell inside
	local look='. "$1/../quickstart/compare.sh" && manifest "$(podman image mount localhost/built)"'
	if [ "$kind" = root ]; then
		engine "$1" bash -c "$look" - "$here" >"$1.manifest"
	else
		podman unshare bash -c "$look" - "$here" >"$1.manifest"
	fi
	podman image umount -a >/dev/null 2>&1 || :
	stop_engine "$1"
}

scenario() {
	needs podman buildah dpkg-deb
	make_context
	build kernel
	build fuse
	[ "$(wc -l <kernel.manifest)" -gt 5000 ]
	grep -q '^./opt/licenses/GPL-3' kernel.manifest
	# With a mount program buildah compares trees itself, and ignores a directory's time, so
	# leave that out.
	sed -i -E 's/(\td [0-7]+ [0-9]+:[0-9]+) .*/\1/' kernel.manifest fuse.manifest
	diff kernel.manifest fuse.manifest | sed 20q
	cmp -s kernel.manifest fuse.manifest
}
only_backend=fuse on_each_backend_as 'root user' 'buildah bud builds the same image as on the overlayfs of the kernel'
