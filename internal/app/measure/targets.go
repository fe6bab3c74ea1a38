package measure

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/url"
	"os"
	"runtime"
	"strconv"
	"strings"

	"irori/internal/app"
	"irori/internal/app/remote"
	"irori/internal/catalog/blob"
	"irori/internal/eval/sample"
	"irori/internal/gguf"
	"irori/internal/hw"
	"irori/internal/llm"
)

// machine describes this machine.
func machine() sample.Machine {
	m := hw.Read(hw.Options{})
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	out := sample.Machine{Name: host, Processor: m.CPU.Model, System: strings.TrimSpace(m.OS + "/" + m.Arch + " " + m.Kernel)}
	switch {
	case m.CPU.Physical != nil:
		out.Cores = *m.CPU.Physical
	case m.CPU.Logical != nil:
		out.Cores = *m.CPU.Logical
	default:
		out.Cores = runtime.NumCPU()
	}
	if m.Memory.Total != nil {
		n := int64(*m.Memory.Total)
		out.MemoryB = &n
	}
	for _, g := range m.GPUs {
		out.GPUs = append(out.GPUs, cmp.Or(g.Name, g.Vendor))
	}
	// Available memory and other things that change stay out of it.
	sum := sha256.Sum256([]byte(strings.Join(append([]string{host, out.Processor, strconv.Itoa(out.Cores)}, out.GPUs...), "\x00")))
	out.ID = hex.EncodeToString(sum[:6])
	return out
}

// targets are the models with each number of streams.
func targets(ctx context.Context, env *app.Env, o *Options, machine string) ([]sample.Target, error) {
	lib, err := env.Library()
	if err != nil {
		return nil, err
	}
	var out []sample.Target
	seen := map[string]bool{}
	for _, ref := range o.Models {
		t := sample.Target{Requested: ref, Model: ref, Machine: machine, Where: "local", Chat: true}
		if name, b, ok := env.Backend(ctx, ref); ok {
			t.Backend = name
			if u, err := url.Parse(b); err != nil || !remote.Nearby(u.Hostname()) {
				t.Where = "cloud"
			}
		} else {
			r, err := lib.Resolve(ref)
			if err != nil {
				return nil, absent(ref, err)
			}
			t.Backend, t.Model, t.Quantization = "embedded", r.Manifest.Name, r.Manifest.Facts.Quantization
			for _, f := range r.Manifest.Files {
				if f.Role == blob.RoleModel || f.Role == blob.RoleShard {
					t.Digest = cmp.Or(t.Digest, f.Digest)
				}
			}
			if n := int64(r.Manifest.Facts.Parameters); n > 0 {
				t.Parameters = &n
			}
			t.Released = released(env, r.Manifest.Name)
			t.Chat = r.Manifest.Template != "" || hasTemplate(r.Path)
		}
		if o.Chat != "auto" {
			t.Chat = o.Chat == "yes"
		}
		for _, n := range o.Streams {
			t.Streams = n
			t.ID = t.Model + "@" + strconv.Itoa(n)
			if seen[t.ID] {
				return nil, llm.Errorf(llm.CodeInvalidRequest, "%s is named twice", ref)
			}
			seen[t.ID] = true
			out = append(out, t)
		}
	}
	return out, nil
}

// absent is why a model cannot be measured: nothing is fetched by measuring.
func absent(ref string, err error) error {
	e, ok := errors.AsType[*llm.Error](err)
	if ok && e.Code != llm.CodeModelNotFound && e.Code != llm.CodeNotFound {
		return err
	}
	out := llm.Errorf(llm.CodeModelNotFound, "model %q is not here", ref)
	return out.WithHint("irori pull %s", ref)
}

// hasTemplate reports whether a model's file says how conversations are
// written: one that does not was never taught any.
func hasTemplate(path string) bool {
	f, err := gguf.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	t, ok := f.ChatTemplate()
	return ok && strings.TrimSpace(t) != ""
}
