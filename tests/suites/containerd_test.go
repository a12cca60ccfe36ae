// SPDX-License-Identifier: LGPL-2.1-or-later

// containerd's suite for snapshotters against shale-snapshotter, through containerd's proxy. Each test of
// the suite has a service and a store of its own.
package proxy_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	snapshotsapi "github.com/containerd/containerd/api/services/snapshots/v1"
	"github.com/containerd/containerd/snapshots"
	"github.com/containerd/containerd/snapshots/proxy"
	"github.com/containerd/containerd/snapshots/testsuite"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

func start(ctx context.Context, root string) (snapshots.Snapshotter, func() error, error) {
	socket := filepath.Join(root, "socket")
	service := exec.Command(os.Getenv("SHALE_SNAPSHOTTER"), "--home", filepath.Join(root, "home"),
		"--run", filepath.Join(root, "run"), "--socket", socket, "--backend", os.Getenv("SHALE_SUITE_BACKEND"))
	service.Stderr = os.Stderr
	if err := service.Start(); err != nil {
		return nil, nil, err
	}
	stop := func() error {
		if err := service.Process.Signal(syscall.SIGTERM); err != nil {
			return err
		}
		return service.Wait()
	}
	limited, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	conn, err := grpc.DialContext(limited, "unix://"+socket, grpc.WithBlock(),
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		_ = stop()
		return nil, nil, err
	}
	end := func() error {
		conn.Close()
		return stop()
	}
	return proxy.NewSnapshotter(snapshotsapi.NewSnapshotsClient(conn), "shale"), end, nil
}

func TestShale(t *testing.T) {
	testsuite.SnapshotterSuite(t, "shale", start)
}
