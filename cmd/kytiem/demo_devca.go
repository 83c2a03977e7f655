package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"kytiem/bundle"
	"kytiem/paper"
	"kytiem/program"
)

// devca is the throwaway CA while it runs as a process of its own.
type devca struct {
	URL string `json:"url"`
	TSA string `json:"tsa"`

	keys    string
	process *exec.Cmd
	life    io.Closer // its standard input: the process ends when this closes
}

func (c *devca) key(name string) string { return filepath.Join(c.keys, name) }

// profile is what devca is asked to certify, see its --profiles.
type profile map[string]any

// startDevca has a throwaway CA issue a certificate to the unit's head.
func startDevca(ctx context.Context, dir string, unit bundle.Unit) (*devca, error) {
	return spawnDevca(ctx, dir, []profile{headOf(unit)})
}

func headOf(unit bundle.Unit) profile {
	return profile{
		"name": "head", "kind": "person", "common_name": "Trần Văn Mẫu", "title": "Chủ tịch",
		"organization": paper.Issuer(bundle.NameOf(unit)),
		"identifiers":  []string{unit.Identifier, "CCCD:075070000001"},
		"province":     "Đồng Nai", "locality": unit.Name, "key": "rsa2048",
	}
}

// spawnDevca starts the devca program that lies beside this one, or in PATH, has it issue
// certificates, and waits until it answers. Keys, trust directory and lists lie in dir.
func spawnDevca(ctx context.Context, dir string, profiles []profile, args ...string) (*devca, error) {
	path, err := program.Find("devca")
	if err != nil {
		return nil, err
	}
	wanted, err := json.Marshal(profiles)
	if err != nil {
		return nil, err
	}
	c := &devca{keys: filepath.Join(dir, "keys")}
	list := filepath.Join(dir, "profiles.json")
	if err := os.WriteFile(list, wanted, 0o600); err != nil {
		return nil, err
	}
	c.process = exec.CommandContext(ctx, path, append([]string{"--dir", filepath.Join(dir, "trust"), "--out", c.keys,
		"--profiles", list, "--stdin-lifeline"}, args...)...)
	c.process.Stderr = os.Stderr
	stdout, err := c.process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if c.life, err = c.process.StdinPipe(); err != nil {
		return nil, err
	}
	if err := c.process.Start(); err != nil {
		return nil, fmt.Errorf("starting devca: %w", err)
	}
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, c)
	}
	if err != nil {
		c.stop()
		return nil, fmt.Errorf("waiting for devca: %w", err)
	}
	return c, nil
}

func (c *devca) stop() {
	_ = c.life.Close() // tells it to end; how it ends does not matter
	_ = c.process.Wait()
}
