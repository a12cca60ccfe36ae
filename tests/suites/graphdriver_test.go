// SPDX-License-Identifier: LGPL-2.1-or-later

// Docker's tests of storage drivers against shale-docker, through Docker's proxy for plug-ins.
package graphtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/docker/docker/daemon/graphdriver"
	"github.com/docker/docker/pkg/idtools"
	"github.com/docker/docker/pkg/plugingetter"
	"github.com/docker/docker/pkg/plugins"
)

const name = "shale"

// The only plug-in, at its socket.
type plugin struct {
	plugingetter.PluginGetter
	client *plugins.Client
}

func (p plugin) Name() string               { return name }
func (p plugin) ScopedPath(s string) string { return s }
func (p plugin) IsV1() bool                 { return true }
func (p plugin) Client() *plugins.Client    { return p.client }

func (p plugin) Get(name, capability string, mode int) (plugingetter.CompatPlugin, error) {
	return p, nil
}

func register(socket string) error {
	client, err := plugins.NewClientWithTimeout("unix://"+socket, nil, time.Minute)
	if err != nil {
		return err
	}
	return graphdriver.Register(name, func(home string, options []string, uids, gids []idtools.IDMap) (graphdriver.Driver, error) {
		return graphdriver.GetDriver("a plug-in", plugin{client: client}, graphdriver.Options{Root: filepath.Dir(home),
			DriverOptions: options, UIDMaps: uids, GIDMaps: gids, ExperimentalEnabled: true})
	})
}

func run(m *testing.M) (int, error) {
	root, err := os.MkdirTemp("", "shale-docker-")
	if err != nil {
		return 1, err
	}
	socket := filepath.Join(root, "socket")
	service := exec.Command(os.Getenv("SHALE_DOCKER"), "--home", filepath.Join(root, "home"), "--run", filepath.Join(root, "run"),
		"--socket", socket, "--backend", os.Getenv("SHALE_SUITE_BACKEND"))
	service.Stderr = os.Stderr
	if err := service.Start(); err != nil {
		return 1, err
	}
	if err := register(socket); err != nil {
		return 1, err
	}
	code := m.Run()
	if err := service.Process.Signal(syscall.SIGTERM); err != nil {
		return 1, err
	}
	return code, service.Wait()
}

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		os.Stderr.WriteString(err.Error() + "\n")
		code = 1
	}
	os.Exit(code)
}

// The first and the last test keep one driver for all others.
func TestSetup(t *testing.T)            { GetDriver(t, name) }
func TestCreateEmpty(t *testing.T)      { DriverTestCreateEmpty(t, name) }
func TestCreateBase(t *testing.T)       { DriverTestCreateBase(t, name) }
func TestCreateSnap(t *testing.T)       { DriverTestCreateSnap(t, name) }
func Test128LayerRead(t *testing.T)     { DriverTestDeepLayerRead(t, 128, name) }
func TestDiffApply10Files(t *testing.T) { DriverTestDiffApply(t, 10, name) }
func TestChanges(t *testing.T)          { DriverTestChanges(t, name) }
func TestTeardown(t *testing.T)         { PutDriver(t) }
